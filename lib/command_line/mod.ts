/**
 * The command line.
 * @module
 */
export * from "./main.ts";
