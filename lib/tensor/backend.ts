import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { composedKernels, processorKernels } from "./_composed_kernels.ts";
import { type Activation, kernels, registerKernels } from "./_kernels.ts";
import { findLibrary } from "./tensorflow/find_library.ts";
import { startTensorflow } from "./tensorflow/start.ts";
import * as tf from "./tf.ts";
import { type Adapter, findAdapter, startWebgpu } from "./webgpu/start.ts";

/** A choice of backend, as of the configuration. */
export type BackendChoice = "auto" | "tensorflow" | "webgpu" | "wasm" | "cpu";

/** Options of {@linkcode useBackend}. */
export interface BackendOptions {
  /** Threads of TensorFlow; 0: one a core. The other backends have one. Default: 0. */
  threads?: number;
  /**
   * What TensorFlow's convolutions multiply; `auto`: bfloat16 where the processor is much faster with it. Parameters, sums
   * and everything else stay float32, and so do the other backends. Default: `float32`.
   */
  precision?: "auto" | "float32" | "bfloat16";
}

/** The backend in use, and why. */
export interface BackendReport {
  /** Name of the backend. */
  readonly name: "tensorflow" | "webgpu" | "wasm" | "cpu";
  /** Version of the library that computes. */
  readonly version: string;
  /** Why this one. */
  readonly reason: string;
  /** What would be faster, or `null`. */
  readonly advice: string | null;
}

/**
 * Chooses the backend that all tensors live on and makes it ready. Choose once, before the first tensor.
 *
 * `auto` is TensorFlow where it computes on a GPU, else WebGPU where there is a GPU, else TensorFlow where its library is
 * found and loads, else WebAssembly.
 *
 * @param choice Backend.
 * @param options Threads and precision.
 * @returns The backend in use, and why.
 * @throws Error if `tensorflow` was asked for and cannot be loaded, or `webgpu` and there is no adapter.
 */
export async function useBackend(
  choice: BackendChoice,
  { threads = 0, precision = "float32" }: BackendOptions = {},
): Promise<BackendReport> {
  const options = { threads, precision };
  quietCpuBackend();
  registerReluGradients();
  if (choice === "cpu") {
    await tf.setBackend("cpu");
    registerKernels("cpu", { ...composedKernels, ...processorKernels });
    const advice = "--backend auto: this backend is for cross-checks";
    return { name: "cpu", version: tf.version["tfjs-core"], reason: "asked for", advice };
  }
  if (choice === "wasm") return await useWasm("asked for", null);
  if (choice === "tensorflow") return await useTensorflow("asked for", options);

  if (choice === "webgpu") return await useWebgpu("asked for");
  // In this order: with a software adapter in the process, TensorFlow does not survive being loaded.
  const tensorflow = await tryTensorflow(options);
  const gpu = "gpu" in tensorflow && tensorflow.gpu ? null : await findAdapter();
  const { name, reason, advice } = choose({ gpu, tensorflow });
  if (name === "tensorflow") return await useTensorflow(reason, options);
  return name === "webgpu" ? await useWebgpu(reason, gpu!) : await useWasm(reason, advice);
}

async function useTensorflow(reason: string, options: Required<BackendOptions>): Promise<BackendReport> {
  let start;
  try {
    start = await startTensorflow(options);
  } catch (error) {
    throw new Error(`${(error as Error).message}. To install it: deno task setup:tensorflow`, { cause: error });
  }
  const device = (start.gpu ? "GPU" : "CPU") + (start.precision === "float32" ? "" : `, ${start.precision}`);
  return { name: "tensorflow", version: `${start.version} on ${device}`, reason, advice: null };
}

async function tryTensorflow(options: Required<BackendOptions>): Promise<Machine["tensorflow"]> {
  const { path, searched } = findLibrary();
  try {
    return await startTensorflow(options);
  } catch (error) {
    return {
      missing: path === null
        ? `TensorFlow's library is not there (${searched})`
        : `TensorFlow's library does not load (${(error as Error).message})`,
    };
  }
}

async function useWebgpu(reason: string, adapter?: Adapter): Promise<BackendReport> {
  const { device, software } = await startWebgpu(adapter);
  return {
    name: "webgpu",
    version: `${tf.version["tfjs-core"]} on ${device}`,
    reason,
    advice: software ? "--backend auto: this adapter is a program, which is slow" : null,
  };
}

async function useWasm(reason: string, advice: string | null): Promise<BackendReport> {
  const { setWasmPaths, version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
  // The folder of the installed package: nothing is fetched from a network.
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  await tf.setBackend("wasm");
  await tf.ready();
  const { registerWasmTrainingKernels } = await import("./wasm/register.ts");
  await registerWasmTrainingKernels();
  return { name: "wasm", version, reason, advice };
}

/** Keeps TensorFlow.js's plain backend, which others borrow from, from advertising tfjs-node on its first use. */
function quietCpuBackend(): void {
  const cpu = tf.findBackend("cpu") as unknown as { firstUse: boolean };
  cpu.firstUse = false;
}

/** What `auto` chooses, worked out apart from starting anything. */

/** What a machine has to compute with. */
export interface Machine {
  /** The graphics processor that WebGPU offers, if any. */
  readonly gpu: { readonly name: string; readonly software: boolean } | null;
  /** TensorFlow: whether it computes on a GPU, or why it does not run. */
  readonly tensorflow: { readonly gpu: boolean } | { readonly missing: string };
}

/** The fastest backend that a machine has. */
interface Choice {
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

let registered = false;

/** Replaces the gradients of `tf.relu` and `tf.relu6`, on every backend. */
function registerReluGradients(): void {
  if (registered) return;
  registered = true;
  replace(tf.Relu, "relu");
  replace(tf.Relu6, "relu6");
}

function replace(kernelName: string, activation: Activation): void {
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => kernels().reluGradient(dy as tf.Tensor4D, y as tf.Tensor4D, activation) }),
  });
}
