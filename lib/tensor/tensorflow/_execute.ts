/** TensorFlow's operations by name, on the current backend's tensors. */
import { BFLOAT16, type Bfloat16Binding } from "./_bfloat16.ts";
import type { Attribute, Output } from "./_operations.ts";
import * as tf from "../tf.ts";

/** What is used of tfjs-node's backend. */
interface NodeBackend {
  readonly binding: Bfloat16Binding;
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(output: Output): tf.Tensor;
}

/** Attributes of an operation by name, each made by one of {@linkcode attribute}'s functions. */
export type Attributes = Record<string, Omit<Attribute, "name">>;

/** TensorFlow's data types that occur here. */
export const dataType = { float: 1, int32: 3, bfloat16: BFLOAT16 } as const;

/** Makes attributes; the numbers are those of tfjs-node's binding. */
export const attribute = {
  text: (value: string | readonly string[]) => ({ type: 0, value }),
  int: (value: number | readonly number[]) => ({ type: 1, value }),
  float: (value: number) => ({ type: 2, value }),
  flag: (value: boolean) => ({ type: 3, value }),
  dataType: (value: number | readonly number[]) => ({ type: 4, value }),
} as const;

/** A tensor, or a list or table of integers to make one of; an empty list is a tensor of no floats. */
type Input = tf.Tensor | readonly number[] | readonly (readonly number[])[];

/** Executes an operation with one output. Where its type `T` is bfloat16, inputs of floats are rounded to it. */
export function execute(name: string, inputs: readonly Input[], attributes: Attributes): tf.Tensor4D {
  return executeAll(name, inputs, attributes, 1)[0] as tf.Tensor4D;
}

/** Executes an operation with several outputs. */
export function executeAll(
  name: string,
  inputs: readonly Input[],
  attributes: Attributes,
  outputs: number,
): tf.Tensor[] {
  const backend = tf.backend() as unknown as NodeBackend;
  const { binding } = backend;
  const temporary: number[] = [];
  const rounds = attributes["T"]?.value === BFLOAT16;
  const ids = inputs.map((input) => {
    if (input instanceof tf.Tensor) {
      const id = backend.getInputTensorIds([input])[0]!;
      return rounds && input.dtype === "float32" ? binding.rounded(id) : id;
    }
    if (input.length === 0) {
      const id = binding.createTensor([0], binding.TF_FLOAT, new Float32Array(0));
      temporary.push(id);
      return id;
    }
    const shape = Array.isArray(input[0]) ? [input.length, input[0].length] : [input.length];
    const id = binding.createTensor(shape, binding.TF_INT32, Int32Array.from(input.flat() as number[]));
    temporary.push(id);
    return id;
  });
  try {
    const list = Object.entries(attributes).map(([name, { type, value }]) => ({ name, type, value }));
    return binding.executeOp(name, list, ids, outputs).map((output) => backend.createOutputTensor(output));
  } finally {
    for (const id of temporary) binding.deleteTensor(id);
  }
}
