import { registerKernels } from "../_kernels.ts";
import { composedKernels } from "../_composed_kernels.ts";

let registered = false;

/** Registers the kernels of the backend `webgpu`; further calls do nothing. */
export function registerWebgpuKernels(): void {
  if (registered) return;
  registered = true;
  registerKernels("webgpu", composedKernels);
}
