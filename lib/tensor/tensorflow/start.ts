import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { processorKernels } from "../_composed_kernels.ts";
import { registerKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { withBfloat16 } from "./_bfloat16.ts";
import { type Binding, createBinding } from "./_binding.ts";
import { bestKernels, type Precision } from "./_kernels.ts";
import { fastestPrecision, probeFusedOperations } from "./_probe.ts";
import { findLibrary } from "./find_library.ts";

/** How TensorFlow runs. */
export interface TensorflowStart {
  /** TensorFlow's version. */
  readonly version: string;
  /** Path of what was loaded. */
  readonly library: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
  /** What convolutions multiply. */
  readonly precision: Precision;
}

/** Options of {@linkcode startTensorflow}. */
export interface TensorflowOptions {
  /** Threads of an operation; 0: one a core. */
  readonly threads: number;
  /** What convolutions multiply; `auto`: bfloat16 where the processor is much faster with it. */
  readonly precision: Precision | "auto";
}

const require = createRequire(import.meta.url);

let started: (Omit<TensorflowStart, "precision"> & { threads: number }) | null = null;

/**
 * Makes `tensorflow` the backend: tfjs-node's kernels over its native addon where that is installed, otherwise
 * over TensorFlow's library. TensorFlow starts once in a process.
 *
 * @param options Threads and precision; the latter can be changed by another call.
 * @throws Error if no library is found, it does not load, or TensorFlow runs with another number of threads.
 */
export async function startTensorflow({ threads, precision }: TensorflowOptions): Promise<TensorflowStart> {
  if (started && started.threads !== threads) {
    throw new Error(`Expected ${started.threads} threads, with which TensorFlow runs already, but found ${threads}`);
  }
  if (!started) {
    // TensorFlow reads these when it is loaded: warnings and notes are for its developers.
    if (Deno.env.get("TF_CPP_MIN_LOG_LEVEL") === undefined) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");
    const { binding, library } = loadAddon(threads) ?? loadLibrary(threads);
    registerBackend(binding);
    started = { version: binding.TF_Version, library, gpu: binding.isUsingGpuDevice(), threads };
  }
  await tf.setBackend("tensorflow");
  const chosen = precision === "auto" ? fastest ??= fastestPrecision() : precision;
  registerKernels(
    "tensorflow",
    { ...kernelsIn(chosen), ...processorKernels },
    { ...kernelsIn("float32"), ...processorKernels },
  );
  return { ...started, precision: chosen };
}

/** What has been tried once holds for the process. */
let fastest: Precision | null = null;
const probed = new Map<Precision, ReturnType<typeof bestKernels>>();

function kernelsIn(precision: Precision): ReturnType<typeof bestKernels> {
  const kernels = probed.get(precision) ?? bestKernels(probeFusedOperations(precision), precision);
  probed.set(precision, kernels);
  return kernels;
}

function loadLibrary(threads: number): { binding: Binding; library: string } {
  const { path, searched } = findLibrary();
  if (path === null) throw new Error(`Expected TensorFlow's library but found none (${searched})`);
  return { binding: createBinding(path, { threads }), library: path };
}

/** The native addon of tfjs-node, where an installation of it has one that loads. */
function loadAddon(threads: number): { binding: Binding; library: string } | null {
  if (Deno.env.get("IRNET_LIBTENSORFLOW") !== undefined) return null;
  for (const name of ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"]) {
    try {
      const library = join(dirname(require.resolve(`${name}/package.json`)), "lib", "napi-v8", "tfjs_binding.node");
      Deno.statSync(library);
      if (threads > 0) {
        Deno.env.set("TF_NUM_INTRAOP_THREADS", String(threads));
        Deno.env.set("TF_NUM_INTEROP_THREADS", "1");
      }
      return { binding: require(library) as Binding, library };
    } catch {
      // Not installed, or built for another platform: the library it is.
    }
  }
  return null;
}

function registerBackend(binding: Binding): void {
  // Removed from Node.js's `util` long ago, but tfjs-node still calls them.
  const util = require("node:util") as Record<string, unknown>;
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
  const name = "@tensorflow/tfjs-node-gpu";
  require(`${name}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${name}/dist/nodejs_kernel_backend`) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend;
  };
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(withBfloat16(binding), name), 3);
}
