import { registerKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { replaceTfjsKernels, webgpuKernels } from "./kernels.ts";

/** A graphics processor that WebGPU gives access to. */
export interface Adapter {
  /** WebGPU's adapter. */
  readonly adapter: GPUAdapter;
  /** Its name, as its driver gives it. */
  readonly name: string;
  /** Whether it is a program that computes on the processor (llvmpipe, SwiftShader …): right, but slow. */
  readonly software: boolean;
}

/** What is used of `navigator.gpu`. */
export interface Gpu {
  /** Asks the drivers for an adapter. */
  requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null>;
}

const softwareNames = /llvmpipe|lavapipe|softpipe|swiftshader|basic render/i;

/** Asks for the fastest graphics processor there is; `null` where no driver offers one. */
export async function findAdapter(gpu?: Gpu): Promise<Adapter | null> {
  const adapter = await quietly(async () =>
    await (gpu ?? navigator.gpu)?.requestAdapter({ powerPreference: "high-performance" }) ?? null
  );
  if (adapter === null) return null;
  const { description, vendor, device, isFallbackAdapter } = adapter.info;
  const name = description || `${vendor} ${device}`.trim() || "without a name";
  return { adapter, name, software: isFallbackAdapter || softwareNames.test(name) };
}

/**
 * Keeps Vulkan's loader on Linux, which looks for a desktop, from writing to standard error that there is none: that
 * variable not being set is what it complains about, not the folder not being there.
 */
async function quietly<T>(compute: () => Promise<T>): Promise<T> {
  const variable = "XDG_RUNTIME_DIR";
  const allowed = Deno.permissions.querySync({ name: "env", variable }).state === "granted";
  if (Deno.build.os !== "linux" || !allowed || Deno.env.get(variable) !== undefined) return await compute();
  Deno.env.set(variable, "/nonexistent");
  try {
    return await compute();
  } finally {
    Deno.env.delete(variable);
  }
}

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
  return started;
}

async function register({ adapter, software }: Adapter): Promise<void> {
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits });
  const { Backend } = await import("./_backend.ts");
  // The package registers a backend of its own as soon as it is imported.
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new Backend(device, { info: adapter.info, software }));
  registerKernels("webgpu", webgpuKernels);
  replaceTfjsKernels();
}
