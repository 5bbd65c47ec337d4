import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { choose, type Machine } from "./_choose.ts";
import { registerRectifierGradients } from "./_rectifier_gradients.ts";
import { findLibrary } from "./tensorflow/find_library.ts";
import { startTensorflow } from "./tensorflow/start.ts";
import * as tf from "./tf.ts";
import { type Adapter, findAdapter } from "./webgpu/find_adapter.ts";

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
  registerRectifierGradients();
  if (choice === "cpu") {
    await tf.setBackend("cpu");
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
  const { startWebgpu } = await import("./webgpu/mod.ts");
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
  const { registerWasmTrainingKernels } = await import("./wasm/mod.ts");
  await registerWasmTrainingKernels();
  return { name: "wasm", version, reason, advice };
}

/** Keeps TensorFlow.js's plain backend, which others borrow from, from advertising tfjs-node on its first use. */
function quietCpuBackend(): void {
  const cpu = tf.findBackend("cpu") as unknown as { firstUse: boolean };
  cpu.firstUse = false;
}
