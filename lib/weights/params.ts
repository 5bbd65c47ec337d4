import type { NamedTensors } from "../files/safetensors.ts";
import * as tf from "../tensor/tf.ts";

/**
 * Role of a parameter in its layer: the filter of a convolution or of a depthwise convolution, a bias, scale and offset
 * of a normalisation, or its stored mean and variance, which are never trained.
 */
export type ParameterRole = "filter" | "depthwise" | "bias" | "scale" | "offset" | "mean" | "variance";

/** Parameter that a network needs. */
export interface ParameterSpec {
  /** Its PyTorch name. */
  readonly name: string;
  /** Its shape in files, which is PyTorch's: filters [out, in, height, width], depthwise [channels, 1, height, width]. */
  readonly shape: readonly number[];
  /** Its role in its layer. */
  readonly role: ParameterRole;
}

/** Tells whether gradient descent may change a parameter: true but for stored means and variances. */
export function isTrainable({ role }: ParameterSpec): boolean {
  return role !== "mean" && role !== "variance";
}

/** Works out the shape of a parameter in memory: filters [height, width, in, out], depthwise [height, width, channels, 1]. */
export function memoryShape({ role, shape }: ParameterSpec): number[] {
  if (role !== "filter" && role !== "depthwise") return [...shape];
  const [out, input, height, width] = shape as [number, number, number, number];
  return role === "filter" ? [height, width, input, out] : [height, width, out, 1];
}

/** Parameters of a network by their PyTorch names; filters are [height, width, in, out]. */
export type Params = Record<string, tf.Tensor>;

/**
 * Turns tensors as in files into a network's parameters.
 *
 * @param tensors Tensors in PyTorch's layout; those not in `specs` are left out.
 * @param specs The parameters.
 * @returns New tensors by name, for the caller to dispose.
 * @throws Error naming the first parameter that is not there.
 */
export function toParams(tensors: NamedTensors, specs: readonly ParameterSpec[]): Params {
  return Object.fromEntries(specs.map((spec) => {
    const tensor = tensors[spec.name];
    if (!tensor) throw new Error(`Expected a parameter ${spec.name} but found none`);
    return [spec.name, tf.tensor(toMemoryLayout(spec, tensor.data), memoryShape(spec), "float32")];
  }));
}

/**
 * Reads a network's parameters back, in PyTorch's layout.
 *
 * @param params Tensors by name; those not in `specs` are left out.
 * @param specs The parameters.
 * @returns Tensors by name, ready for `encodeSafetensors`.
 * @throws Error naming the first parameter that is not there.
 */
export async function fromParams(params: Params, specs: readonly ParameterSpec[]): Promise<NamedTensors> {
  const tensors: NamedTensors = {};
  for (const spec of specs) {
    const tensor = params[spec.name];
    if (!tensor) throw new Error(`Expected a parameter ${spec.name} but found none`);
    tensors[spec.name] = { shape: [...spec.shape], data: toFileLayout(spec, await tensor.data() as Float32Array) };
  }
  return tensors;
}

/** Disposes all tensors of a record. */
export function disposeParams(params: Params): void {
  for (const tensor of Object.values(params)) tensor.dispose();
}

/**
 * Reorders the values of a parameter from files (OIHW) to memory (HWIO; depthwise HWC1). Vectors pass unchanged.
 *
 * @param spec The parameter.
 * @param data Its values as in files.
 * @returns Its values as in memory.
 */
export function toMemoryLayout(spec: ParameterSpec, data: Float32Array): Float32Array {
  return reorder(spec, (result, file, memory) => result[memory] = data[file]!) ?? data;
}

/**
 * Reorders the values of a parameter from memory to files: the inverse of {@linkcode toMemoryLayout}.
 *
 * @param spec The parameter.
 * @param data Its values as in memory.
 * @returns Its values as in files.
 */
export function toFileLayout(spec: ParameterSpec, data: Float32Array): Float32Array {
  return reorder(spec, (result, file, memory) => result[file] = data[memory]!) ?? data;
}

/** Visits every value of a filter; `null` for parameters that look the same in both places. */
function reorder(
  { shape }: ParameterSpec,
  move: (result: Float32Array, file: number, memory: number) => void,
): Float32Array | null {
  if (shape.length !== 4) return null;
  // A depthwise filter [C, 1, h, w] becomes [h, w, 1, C] by the same rule, which has the same order as [h, w, C, 1].
  const [out, input, height, width] = shape as [number, number, number, number];
  const result = new Float32Array(out * input * height * width);
  let file = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < input; i++) {
      for (let tap = 0; tap < height * width; tap++) move(result, file++, (tap * input + i) * out + o);
    }
  }
  return result;
}
