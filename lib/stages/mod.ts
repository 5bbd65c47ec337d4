/**
 * The stages of IRNet and of the comparison, one file each: what it reads, its settings, its work, its cost.
 * @module
 */
export * from "./list.ts";
