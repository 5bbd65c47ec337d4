/**
 * Runs for notebooks on the Deno kernel; notebooks executed without a browser; the kernel itself.
 * @module
 */
export * from "./describe_settings.ts";
export * from "./execute.ts";
export * from "./execute_notebook.ts";
export * from "./how_to_compare.ts";
export * from "./install.ts";
export * from "./kernel.ts";
export * from "./notebook_file.ts";
export * from "./open_run.ts";
export * from "./plain_text.ts";
