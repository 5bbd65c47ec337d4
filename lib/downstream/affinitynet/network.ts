/**
 * AffinityNet (Ahn & Kwak, "Learning Pixel-level Semantic Affinity with Image-level Supervision for Weakly Supervised
 * Semantic Segmentation", CVPR 2018) on a backbone of this project. Parameter names are those of its released code.
 * @module
 */
import type { Tap } from "../../nn/mod.ts";
import { conv2d, tf, upsampleBilinear } from "../../tensor/mod.ts";
import type { ParameterSpec, Params } from "../../weights/mod.ts";

/** Image pixels from one affinity feature to the next. */
export const AFFINITY_STRIDE = 8;

/** Taps of the backbone that are read, and the channels that each is brought to. */
const BRANCHES = [
  { name: "f8_3", tap: 2, channels: 64 },
  { name: "f8_4", tap: 3, channels: 128 },
  { name: "f8_5", tap: 4, channels: 256 },
] as const;

const WIDTH = 448;

/**
 * Lists the parameters above the backbone: three 1×1 convolutions and the one that joins them.
 *
 * @param taps Five backbone activations, of which the last three are read.
 */
export function affinityParameters(taps: readonly Tap[]): ParameterSpec[] {
  const filter = (name: string, output: number, input: number): ParameterSpec => (
    { name: `${name}.weight`, shape: [output, input, 1, 1], role: "filter" }
  );
  return [
    ...BRANCHES.map(({ name, tap, channels }) => filter(name, channels, taps[tap]!.channels)),
    filter("f9", WIDTH, WIDTH),
  ];
}

/** Gives the factor on the standard deviation of the last filter at the start: four times Xavier's in the released code. */
export function affinityGain(name: string): number {
  return name === "f9.weight" ? 4 / Math.SQRT2 : 1;
}

/**
 * Computes features whose distances make affinities: every tap through a 1×1 convolution and an ELU, resized to stride 8,
 * concatenated, and through the last 1×1 convolution and ELU.
 *
 * @param params Those of {@linkcode affinityParameters}.
 * @param taps The backbone's five activations, [B, h, w, C].
 * @param size Rows and columns at stride 8, ⌈H/8⌉ and ⌈W/8⌉.
 * @returns [B, ⌈H/8⌉, ⌈W/8⌉, 448].
 */
export function affinityFeatures(
  params: Params,
  taps: readonly tf.Tensor4D[],
  size: readonly [number, number],
): tf.Tensor4D {
  const convolve = (x: tf.Tensor4D, name: string) => elu(conv2d(x, params[`${name}.weight`] as tf.Tensor4D));
  return tf.tidy(() => {
    const branches = BRANCHES.map(({ name, tap }) => resized(convolve(taps[tap]!, name), size));
    return convolve(tf.concat(branches, 3), "f9");
  });
}

function resized(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  return x.shape[1] === height && x.shape[2] === width ? x : upsampleBilinear(x, [height, width]);
}

/** x where positive, else e^x − 1; `tf.elu` has no gradient on `wasm`. */
function elu(x: tf.Tensor4D): tf.Tensor4D {
  return tf.relu(x).add(tf.exp(tf.neg(tf.relu(tf.neg(x))))).sub(1);
}
