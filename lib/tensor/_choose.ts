/** What `auto` chooses, worked out apart from starting anything. */

/** What a machine has to compute with. */
export interface Machine {
  /** The graphics processor that WebGPU offers, if any. */
  readonly gpu: { readonly name: string; readonly software: boolean } | null;
  /** TensorFlow: whether it computes on a GPU, or why it does not run. */
  readonly tensorflow: { readonly gpu: boolean } | { readonly missing: string };
}

/** The fastest backend that a machine has. */
export interface Choice {
  readonly name: "tensorflow" | "webgpu" | "wasm";
  /** Why this one. */
  readonly reason: string;
  /** What would be faster, or `null`. */
  readonly advice: string | null;
}

/** Chooses: TensorFlow with CUDA, then a graphics processor, then TensorFlow, then WebAssembly. */
export function choose({ gpu, tensorflow }: Machine): Choice {
  if ("gpu" in tensorflow && tensorflow.gpu) {
    return { name: "tensorflow", reason: "it computes on the GPU", advice: null };
  }
  if (gpu && !gpu.software) {
    const other = "missing" in tensorflow ? tensorflow.missing : "TensorFlow would compute on the CPU";
    return { name: "webgpu", reason: `a GPU is there; ${other}`, advice: null };
  }
  const noGpu = gpu ? `no GPU but the program ${gpu.name}` : "no GPU";
  if ("gpu" in tensorflow) return { name: "tensorflow", reason: `the fastest one found; ${noGpu}`, advice: null };
  return {
    name: "wasm",
    reason: `${tensorflow.missing}; ${noGpu}`,
    advice: "TensorFlow is several times faster: deno task setup:tensorflow",
  };
}
