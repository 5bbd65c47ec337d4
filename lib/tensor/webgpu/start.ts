import * as tf from "../tf.ts";
import { type Adapter, findAdapter } from "./find_adapter.ts";
import { registerWebgpuKernels } from "./register.ts";

/** How WebGPU runs. */
export interface WebgpuStart {
  /** Name of the graphics processor. */
  readonly device: string;
  /** Whether it is a program on the processor. */
  readonly software: boolean;
}

/** Limits of the adapter that matter to tensors; a device that does not ask for them gets buffers of 128 MB at most. */
const limits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

let started: WebgpuStart | null = null;

/**
 * Makes `webgpu` the backend, with our own kernels. It starts once in a process.
 *
 * @param found The adapter to compute on, if it has been asked for already.
 * @returns What runs.
 * @throws Error if there is no adapter.
 */
export async function startWebgpu(found?: Adapter): Promise<WebgpuStart> {
  if (!started) {
    const adapter = found ?? await findAdapter();
    if (adapter === null) {
      throw new Error(
        "Expected a graphics processor that WebGPU can use but found none: it takes a driver with Vulkan (Linux), " +
          "Metal (macOS) or Direct3D 12 (Windows). On Linux that is the maker's driver and the Vulkan loader " +
          "(Debian: libvulkan1), which `vulkaninfo --summary` shows",
      );
    }
    await register(adapter);
    started = { device: adapter.name, software: adapter.software };
  }
  await tf.setBackend("webgpu");
  registerWebgpuKernels();
  return started;
}

async function register({ adapter }: Adapter): Promise<void> {
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });
  const { Backend } = await import("./_backend.ts");
  // The package registers a backend of its own as soon as it is imported.
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new Backend(device, adapter.info));
}
