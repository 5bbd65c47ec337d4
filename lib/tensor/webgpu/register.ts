import { registerKernels } from "../_kernels.ts";
import { groupNormKernels } from "./_group_norm.ts";
import { resizeKernels } from "./_resize.ts";
import { webgpuKernels } from "./convolution_kernels.ts";

let registered = false;

/** Registers the kernels of the backend `webgpu`; further calls do nothing. */
export function registerWebgpuKernels(): void {
  if (registered) return;
  registered = true;
  registerKernels("webgpu", { ...webgpuKernels, ...groupNormKernels, ...resizeKernels });
}
