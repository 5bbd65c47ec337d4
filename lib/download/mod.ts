/**
 * Downloads: files of known size and checksum that go on after an interruption, the registry of them, the lists of the
 * augmented training set, and TensorFlow's library.
 * @module
 */
export { type FileFacts, verifyFile } from "../files/hash.ts";
export * from "./download.ts";
export * from "./lists.ts";
export * from "./registry.ts";
export * from "./setup_tensorflow.ts";
