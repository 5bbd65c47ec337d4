/**
 * Downloads: files of known size and checksum, archives that need not be trusted, and the lists of the augmented
 * training set.
 * @module
 */
export * from "./augmented_list.ts";
export * from "./download.ts";
export * from "./read_id_list.ts";
export * from "./registry.ts";
export * from "./sbd_lists.ts";
export * from "./verify_file.ts";
