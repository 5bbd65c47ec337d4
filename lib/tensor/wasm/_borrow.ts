import * as tf from "../tf.ts";

/** What is used of tfjs's `cpu` backend. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: string, values: unknown): tf.TensorInfo;
  readSync(dataId: unknown): tf.TypedArray;
  disposeIntermediateTensorInfo(info: tf.TensorInfo): void;
}

/** What is used of the `wasm` backend. */
interface WasmBackend {
  readSync(dataId: unknown): tf.TypedArray;
  makeOutput(shape: number[], dtype: string, offset: undefined, values: unknown): tf.TensorInfo;
}

/** Registers the kernel of the `cpu` backend for `wasm`, with its inputs and its output copied. */
export function borrowFromCpu(kernelName: string): void {
  if (tf.getKernel(kernelName, "wasm")) return;
  const kernel = tf.getKernel(kernelName, "cpu");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as unknown as WasmBackend;
      const cpu = tf.findBackend("cpu") as unknown as CpuBackend;
      const copies: tf.NamedTensorInfoMap = {};
      for (const [name, info] of Object.entries(inputs)) {
        if (info) copies[name] = cpu.makeTensorInfo(info.shape, info.dtype, wasm.readSync(info.dataId));
      }
      const result = kernel.kernelFunc({ inputs: copies, attrs: attrs!, backend: cpu }) as tf.TensorInfo;
      const output = wasm.makeOutput(result.shape, result.dtype, undefined, cpu.readSync(result.dataId));
      for (const info of [result, ...Object.values(copies)]) cpu.disposeIntermediateTensorInfo(info!);
      return output;
    },
  });
}
