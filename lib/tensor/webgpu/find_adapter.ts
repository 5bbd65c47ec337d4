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

/**
 * Asks for the fastest graphics processor there is.
 *
 * @param gpu Who is asked. Default: `navigator.gpu`.
 * @returns The adapter; `null` where no driver offers one.
 */
export async function findAdapter(gpu?: Gpu): Promise<Adapter | null> {
  preferVulkan();
  const adapter = await (gpu ?? navigator.gpu)?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
  if (adapter === null) return null;
  const { description, vendor, device, isFallbackAdapter } = adapter.info;
  const name = description || `${vendor} ${device}`.trim() || "without a name";
  return { adapter, name, software: isFallbackAdapter || softwareNames.test(name) };
}

/**
 * On Linux, OpenGL would be asked as well, whose loader writes to standard error where there is no desktop. Deno looks
 * at the variable when `navigator.gpu` is first touched.
 */
function preferVulkan(): void {
  const variable = "DENO_WEBGPU_BACKEND";
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return;
  if (Deno.env.get(variable) === undefined) Deno.env.set(variable, "vulkan");
}
