/**
 * Tensors whose values are kept in bfloat16, which TensorFlow.js has no name for: to it they are `float32`.
 * Operations that only move, add or select values take them as they are; for all others they become float32 first.
 */
import type { Binding } from "./_binding.ts";
import type { Attribute } from "./_operations.ts";

/** TensorFlow's number of the type. */
export const BFLOAT16 = 14;

/** A binding that keeps some tensors in bfloat16. */
export interface Bfloat16Binding extends Binding {
  /** The tensor itself if it is kept in bfloat16; else a rounded copy of it, which lives as long as the tensor. */
  rounded(id: number): number;
}

/** Operations that run in the type of their inputs: how many of these, from the first, have to be of one type. */
const passing: Readonly<Record<string, (inputs: number) => number>> = {
  Add: () => 2,
  AddV2: () => 2,
  AddN: (inputs) => inputs,
  BiasAddGrad: () => 1, // sums in float32
  ConcatV2: (inputs) => inputs - 1, // the last is the axis
  MaxPool: () => 1,
  Pad: () => 1,
  Relu: () => 1,
  ReluGrad: () => 2,
  Relu6: () => 1,
  Relu6Grad: () => 2,
  Reshape: () => 1,
  Slice: () => 1,
  Transpose: () => 1,
  _MklNativeMaxPool: () => 1,
  _MklNativeMaxPoolGrad: () => 3,
};

/** Adds bfloat16 to a binding. Outputs of operations with the attribute `T` = {@linkcode BFLOAT16} are kept in it. */
export function withBfloat16(binding: Binding): Bfloat16Binding {
  const kept = new Set<number>();
  const copies = new Map<number, number>(); // of filters, mostly, which are used several times
  const { TF_FLOAT, TF_ATTR_TYPE, TF_ATTR_BOOL } = binding;

  function cast(id: number, from: number, to: number): number {
    const attributes = [
      { name: "SrcT", type: TF_ATTR_TYPE, value: from },
      { name: "DstT", type: TF_ATTR_TYPE, value: to },
      { name: "Truncate", type: TF_ATTR_BOOL, value: false },
    ];
    return binding.executeOp("Cast", attributes, [id], 1)[0]!.id;
  }

  function execute(name: string, attributes: readonly Attribute[], inputs: readonly number[], outputs: number) {
    return binding.executeOp(name, attributes, inputs, outputs).map((output) => {
      if (output.dtype !== BFLOAT16) return output;
      kept.add(output.id);
      return { ...output, dtype: TF_FLOAT };
    });
  }

  return {
    ...binding,

    executeOp(name, attributes, inputs, outputs) {
      if (!inputs.some((id) => kept.has(id)) || attributes.some(isBfloat16)) {
        return execute(name, attributes, inputs, outputs);
      }
      const typed = passing[name]?.(inputs.length);
      if (typed !== undefined && inputs.slice(0, typed).every((id) => kept.has(id))) {
        const retyped = attributes.map((attribute) =>
          attribute.name === "T" ? { ...attribute, value: BFLOAT16 } : attribute
        );
        return execute(name, retyped, inputs, outputs);
      }
      const widened = inputs.map((id) => kept.has(id) ? cast(id, BFLOAT16, TF_FLOAT) : id);
      try {
        return binding.executeOp(name, attributes, widened, outputs);
      } finally {
        widened.forEach((id, i) => id === inputs[i] || binding.deleteTensor(id));
      }
    },

    tensorDataSync(id) {
      if (!kept.has(id)) return binding.tensorDataSync(id);
      const widened = cast(id, BFLOAT16, TF_FLOAT);
      try {
        return binding.tensorDataSync(widened);
      } finally {
        binding.deleteTensor(widened);
      }
    },

    deleteTensor(id) {
      const copy = copies.get(id);
      if (copy !== undefined) binding.deleteTensor(copy);
      copies.delete(id);
      kept.delete(id);
      binding.deleteTensor(id);
    },

    rounded(id) {
      if (kept.has(id)) return id;
      const copy = copies.get(id) ?? cast(id, TF_FLOAT, BFLOAT16);
      copies.set(id, copy);
      return copy;
    },
  };
}

function isBfloat16({ name, value }: Attribute): boolean {
  return name === "T" && value === BFLOAT16;
}
