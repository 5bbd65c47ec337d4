/**
 * Runs for notebooks on the Deno kernel; notebooks executed without a browser; the kernel itself.
 * @module
 */
export * from "./execute.ts";
export * from "./install.ts";
export { interruptSignal } from "./kernel_manners.ts";
export { installedKernel, kernelPath, writeKernel } from "./kernel.ts";
export * from "./notebook_file.ts";
export * from "./open_run.ts";
export * from "./outputs.ts";
export { describeSettings, plainText, type RunPlace } from "./settings.ts";
