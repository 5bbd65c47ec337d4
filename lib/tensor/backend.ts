import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { registerRectifierGradients } from "./_rectifier_gradients.ts";
import { findLibrary } from "./tensorflow/find_library.ts";
import { startTensorflow } from "./tensorflow/start.ts";
import * as tf from "./tf.ts";

/** A choice of backend, as of the configuration. */
export type BackendChoice = "auto" | "tensorflow" | "wasm" | "cpu";

/** Options of {@linkcode useBackend}. */
export interface BackendOptions {
  /** Threads of TensorFlow; 0: one a core. The other backends have one. Default: 0. */
  threads?: number;
}

/** The backend in use, and why. */
export interface BackendReport {
  /** Name of the backend. */
  readonly name: "tensorflow" | "wasm" | "cpu";
  /** Version of the library that computes. */
  readonly version: string;
  /** Why this one. */
  readonly reason: string;
  /** What would be faster, or `null`. */
  readonly advice: string | null;
}

const setup = "deno task setup:tensorflow";

/**
 * Chooses the backend that all tensors live on and makes it ready. Choose once, before the first tensor.
 *
 * `auto` is TensorFlow where its library is found and loads, else WebAssembly.
 *
 * @param choice Backend.
 * @param options Threads.
 * @returns The backend in use, and why.
 * @throws Error if `tensorflow` was asked for and cannot be loaded.
 */
export async function useBackend(choice: BackendChoice, { threads = 0 }: BackendOptions = {}): Promise<BackendReport> {
  quietCpuBackend();
  registerRectifierGradients();
  if (choice === "cpu") {
    await tf.setBackend("cpu");
    const advice = "--backend auto: this backend is for cross-checks";
    return { name: "cpu", version: tf.version["tfjs-core"], reason: "asked for", advice };
  }
  if (choice === "wasm") return await useWasm("asked for", null);
  if (choice === "tensorflow") return await useTensorflow("asked for", threads);

  const { path, searched } = findLibrary();
  try {
    return await useTensorflow("the fastest one found", threads);
  } catch (error) {
    const reason = path === null
      ? `TensorFlow's library is not there (${searched})`
      : `TensorFlow's library does not load (${(error as Error).message})`;
    return await useWasm(reason, `TensorFlow is several times faster: ${setup}`);
  }
}

async function useTensorflow(reason: string, threads: number): Promise<BackendReport> {
  let start;
  try {
    start = await startTensorflow({ threads });
  } catch (error) {
    throw new Error(`${(error as Error).message}. To install it: ${setup}`, { cause: error });
  }
  const device = start.gpu ? "GPU" : "CPU";
  return { name: "tensorflow", version: `${start.version} on ${device}`, reason, advice: null };
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
