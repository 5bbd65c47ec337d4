/**
 * Operations of TensorFlow, and what they will return, known before they have computed it: TensorFlow runs operations in the background as long
 * as nobody asks it about their results, and TensorFlow.js wants every result's shape at once.
 */
/** An attribute of an operation; `type` is one of the binding's `TF_ATTR_` numbers. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: AttributeValue | readonly AttributeValue[];
}
/** A value of an attribute. */
export type AttributeValue = boolean | number | string;

/** An output of an operation. */
export interface Output {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** Shape and data type of an output. */
export interface OutputType {
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** Outputs of operations that have run before, by {@linkcode operationKey}. */
export interface OutputTypes {
  get(key: string): readonly OutputType[] | undefined;
  set(key: string, types: readonly OutputType[]): void;
}

/** Operations whose outputs' types follow from attributes, the shapes of inputs and the values of small integer inputs. */
const determined = new Set(
  `Abs Add AddN AddV2 BatchMatMul BatchMatMulV2 BiasAdd BiasAddGrad Cast ConcatV2 Conv2D Conv2DBackpropFilter
  Conv2DBackpropInput DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput
  Exp ExpandDims Fill FusedBatchNormGradV3 FusedBatchNormV3 Identity Log Log1p MatMul Max MaxPool MaxPoolGrad Maximum
  Mean Minimum Mul Neg Pad PadV2 Prod RealDiv Relu Relu6 Relu6Grad ReluGrad Reshape ResizeBilinear ResizeBilinearGrad
  ReverseV2 Rsqrt SelectV2 Sigmoid Slice Softplus Split Sqrt Square Squeeze StridedSlice Sub Sum Tile Transpose
  ZerosLike _MklNativeFusedConv2D _MklNativeFusedConv3D _MklNativeFusedDepthwiseConv2dNative _MklNativeMaxPool
  _MklNativeMaxPoolGrad`.split(/\s+/),
);

/** Operations that are remembered at a time; a network has some hundred for every size of its input. */
const CAPACITY = 10_000;

/** Remembers the outputs of some thousand operations. */
export function createOutputTypes(): OutputTypes {
  const known = new Map<string, readonly OutputType[]>();
  return {
    get: (key) => known.get(key),
    set(key, types) {
      if (known.size >= CAPACITY) known.clear();
      known.set(key, types);
    },
  };
}

/**
 * A text that is the same only for operations with outputs of the same types; `null` where there is none.
 *
 * @param inputs What {@linkcode describe} says about them.
 */
export function operationKey(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly (string | null)[],
): string | null {
  if (!determined.has(name) || inputs.includes(null)) return null;
  let key = name;
  for (const { name, value } of attributes) key += `|${name}=${value}`;
  return `${key};${inputs.join(";")}`;
}

/** What matters of an input: its shape, and all values if it might be sizes or axes; `null` if these are not known. */
export function describe({ shape, dtype }: OutputType, integer: number, values?: ArrayLike<number>): string | null {
  if (dtype !== integer) return `${dtype}:${shape}`;
  return values && values.length <= 16 ? `${shape}=${Array.from(values)}` : null;
}
