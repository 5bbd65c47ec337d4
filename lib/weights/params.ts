import * as tf from "../tensor/tf.ts";
import { toFileLayout, toMemoryLayout } from "./layout.ts";
import { memoryShape, type ParameterSpec } from "./parameter_spec.ts";
import type { NamedTensors } from "../files/safetensors.ts";

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
