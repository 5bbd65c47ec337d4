/** TensorFlow.js's kernels of the backend that do not hold on every adapter, replaced. */
import * as tf from "../tf.ts";
import { relu } from "./_relu.ts";
import { mostBindings } from "./_run_shader.ts";

/** Replaces them; once, when the backend's package has registered its own. */
export function replaceTfjsKernels(): void {
  // Its own lose a NaN on some adapters.
  replace(tf.Relu, (before) => (call) => float32(call.inputs["x"]!) ? relu(call.inputs["x"]!, "relu") : before(call));
  replace(tf.Relu6, (before) => (call) => float32(call.inputs["x"]!) ? relu(call.inputs["x"]!, "relu6") : before(call));
  replace(tf.AddN, addInParts);
}

type Kernel = (call: Call) => tf.TensorInfo;
type Call = Omit<Parameters<tf.KernelFunc>[0], "inputs"> & { readonly inputs: Record<string, tf.Tensor> };

/** Its own binds all summands in one program, of which adapters take some number, 7 at the least. */
function addInParts(before: Kernel): Kernel {
  return (call) => {
    const summands: readonly tf.TensorInfo[] = Object.values(call.inputs), most = mostBindings() - 1;
    const add = (some: readonly tf.TensorInfo[]) => before({ ...call, inputs: some as never });
    let sum = add(summands.slice(0, most));
    for (let next = most; next < summands.length; next += most - 1) {
      const part = sum;
      sum = add([part, ...summands.slice(next, next + most - 1)]);
      tf.backend().disposeData(part.dataId);
    }
    return sum;
  };
}

function float32({ dtype }: tf.TensorInfo): boolean {
  return dtype === "float32";
}

function replace(kernelName: string, kernel: (before: Kernel) => Kernel): void {
  const { kernelFunc } = tf.getKernel(kernelName, "webgpu");
  tf.unregisterKernel(kernelName, "webgpu");
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc: kernel(kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc,
  });
}
