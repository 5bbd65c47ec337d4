/** Our kernels, instantiated on the memory of tfjs's wasm backend. */
import * as tf from "../tf.ts";

/** Functions of `convolution.as.ts`, `winograd.as.ts` and `maps.as.ts`, whose comments say what they do. Tensors are passed by address. */
export type WasmKernels = Record<ConvolutionKernel | WinogradKernel | MapKernel, Procedure>;

type ConvolutionKernel =
  | "copyWindow"
  | "copyWindowBack"
  | "pack"
  | "listPixels"
  | "convolve"
  | "addProducts"
  | "readProducts"
  | "multiplyVectors"
  | "addDepthwiseProducts"
  | "addDepthwiseInput";

type WinogradKernel =
  | "transformInputs"
  | "transformFilters"
  | "transformProducts"
  | "transformGradients"
  | "transformFilterGradients";

type MapKernel =
  | "sumRows"
  | "relu"
  | "reluGradient"
  | "copyRuns"
  | "maxPool"
  | "maxPoolGradient"
  | "averagePoolGradient"
  | "groupNorm"
  | "groupNormSums"
  | "groupNormGradient"
  | "resize"
  | "resizeGradient";

type Procedure = (...args: number[]) => void;

/** What is used of the backend beyond its types. */
interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: unknown): { readonly memoryOffset: number } };
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  incRef(dataId: unknown): void;
}

let loaded: { readonly backend: WasmBackend; readonly kernels: WasmKernels } | undefined;

/** Instantiates the kernels on the memory of the current backend, which must be `wasm` and ready. */
export async function loadKernels(): Promise<void> {
  const backend = tf.backend() as unknown as WasmBackend;
  if (loaded?.backend === backend) return;
  const { wasm } = backend;
  wasm._free(wasm._malloc(16)); // the first call puts the function itself in the place of its loader
  const take = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = take(bytes);
    if (address !== 0 || bytes === 0) return address;
    // Unchecked, tfjs would write over what lies at the address 0.
    throw new RangeError(`Expected ${Math.ceil(bytes / 2 ** 20)} MiB of WebAssembly memory to be free but found fewer`);
  };
  const exports = await Promise.all(
    ["convolution", "winograd", "maps"].map(async (name) => {
      const binary = await (await fetch(new URL(`./${name}.wasm`, import.meta.url))).arrayBuffer();
      const { instance } = await WebAssembly.instantiate(binary, { env: { memory: backend.wasm.asm.memory } });
      return instance.exports;
    }),
  );
  loaded = { backend, kernels: Object.assign({}, ...exports) };
}

function runtime(): { readonly backend: WasmBackend; readonly kernels: WasmKernels } {
  if (!loaded) throw new Error("Expected registerWasmTrainingKernels() to have finished but found no kernels");
  return loaded;
}

/** The kernels. */
export function wasmKernels(): WasmKernels {
  return runtime().kernels;
}

/** Address of a tensor's first value. */
export function addressOf(tensor: tf.TensorInfo): number {
  return runtime().backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** Allocates a tensor without setting its values. */
export function allocate(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
  return runtime().backend.makeOutput(shape, dtype);
}

/** A tensor of the engine, which then owns the memory. */
export function tensorOf<T extends tf.Tensor>(info: tf.TensorInfo): T {
  return tf.engine().makeTensorFromTensorInfo(info) as T;
}

/** A second reference to a tensor's memory. */
export function shareMemory({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  runtime().backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** Sets memory to zero. */
export function clear(address: number, bytes: number): void {
  runtime().backend.wasm.HEAPU8.fill(0, address, address + bytes);
}

/** Lends memory of the given sizes in bytes to a function; it may be read up to 32 bytes beyond each. */
export function withScratch<T>(sizes: readonly number[], use: (...addresses: number[]) => T): T {
  const { wasm } = runtime().backend;
  const aligned = sizes.map((size) => 64 * Math.ceil((size + 32) / 64));
  const whole = wasm._malloc(aligned.reduce((sum, size) => sum + size, 0)) >>> 0;
  try {
    let next = whole;
    return use(...aligned.map((size) => (next += size) - size));
  } finally {
    wasm._free(whole);
  }
}
