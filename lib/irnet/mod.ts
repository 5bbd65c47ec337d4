/**
 * IRNet: its two branches, their losses and training, and what they say of an image.
 * @module
 */
export * from "./network.ts";
export * from "./infer.ts";
export * from "./losses.ts";
export * from "./task.ts";
