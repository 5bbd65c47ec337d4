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
