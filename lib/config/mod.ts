/**
 * Settings: every one of them with its presets, files that change some, and errors that name what is wrong.
 * @module
 */
export * from "./config.ts";
export * from "./load_config.ts";
export * from "./usage_error.ts";
