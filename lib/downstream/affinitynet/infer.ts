import { propagateAlong } from "../../affinity/mod.ts";
import { cropImage, type LabelMap, type RgbImage } from "../../data/mod.ts";
import type { Backbone } from "../../nn/mod.ts";
import { strongestResized } from "../strongest_resized.ts";
import { type GridSize, type PathIndex, pathIndex } from "../../relation/mod.ts";
import { featureDistance } from "../../tensor/feature_pairs.ts";
import { tf } from "../../tensor/mod.ts";
import type { Params } from "../../weights/mod.ts";
import { AFFINITY_STRIDE, affinityFeatures } from "./network.ts";

/** Trained AffinityNet. */
export interface AffinityNet {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and heads. */
  readonly params: Params;
}

/** Settings of {@linkcode affinityNetLabels}; the defaults are those of the released code. */
export interface AffinityWalk {
  /** Radius of pixel pairs, in pixels at stride 8. */
  readonly radius?: number;
  /** Exponent of the background score (1 − highest CAM)^alpha. */
  readonly alpha?: number;
  /** Exponent on affinities. */
  readonly beta?: number;
  /** Steps of the random walk. */
  readonly steps?: number;
}

/** Class maps of an image at its own size. */
export interface FullSizeCams {
  /** 0-based classes, ascending, [K]. */
  readonly keys: ArrayLike<number>;
  /** [K, H, W], 0…1. */
  readonly maps: Float32Array;
}

/**
 * Makes AffinityNet's pseudo semantic labels: CAMs and a background score (1 − highest CAM)^α, averaged over blocks of
 * stride 8, walk along the affinities^β, are resized to the image and compared (section "Revising CAMs using
 * AffinityNet" of the paper; the defaults α 16, β 8 and 2^8 steps are those of its released code).
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | `cams.maps` | [K, H, W] | f32 | 0…1 |
 * | returns | [H, W] | u8 | class ids, 0 background; of `size` where one is given |
 */
export async function affinityNetLabels(
  { backbone, params }: AffinityNet,
  { image, cams }: { image: RgbImage; cams: FullSizeCams },
  { radius = 5, alpha = 16, beta = 8, steps = 256, size: out = image }: AffinityWalk & { readonly size?: GridSize } =
    {},
): Promise<LabelMap> {
  const { height, width } = image, count = cams.keys.length;
  if (count === 0) return { height: out.height, width: out.width, data: new Uint8Array(out.height * out.width) };
  const size = { height: Math.ceil(height / AFFINITY_STRIDE), width: Math.ceil(width / AFFINITY_STRIDE) };
  const canvas = { height: size.height * AFFINITY_STRIDE, width: size.width * AFFINITY_STRIDE };

  const features = tf.tidy(() => {
    const pixels = cropImage(image, { ...canvas, preprocess: backbone.preprocess });
    const input = tf.tensor4d(pixels, [1, canvas.height, canvas.width, 3]);
    return affinityFeatures(params, backbone.forward(params, input, { taps: true }).taps, [size.height, size.width]);
  });
  const index = pathIndex(radius);
  const affinities = pairAffinities(await features.data() as Float32Array, { index, size });
  features.dispose();

  const maps = blockMeans(withBackground(cams.maps, { count, alpha, size: height * width }), {
    count: count + 1,
    image: { height, width },
    size,
  });
  const walked = propagateAlong(maps, affinities, { count: count + 1, ...size, radius, beta, steps });
  const cell = [AFFINITY_STRIDE * (out.height / height), AFFINITY_STRIDE * (out.width / width)] as const;
  const labels = strongestResized(walked, { ...size, cell, size: out });
  return { ...labels, data: labels.data.map((best) => best === 0 ? 0 : cams.keys[best - 1]! + 1) };
}

/** The maps with the background score in front. */
function withBackground(
  maps: Float32Array,
  { count, alpha, size }: { count: number; alpha: number; size: number },
): Float32Array {
  const all = new Float32Array((count + 1) * size);
  for (let i = 0; i < size; i++) {
    let highest = 0;
    for (let c = 0; c < count; c++) highest = Math.max(highest, maps[c * size + i]!);
    all[i] = Math.max(0, 1 - highest) ** alpha;
  }
  all.set(maps, size);
  return all;
}

/** Means over blocks of 8×8 pixels; what the image does not cover counts as 0. */
function blockMeans(
  maps: Float32Array,
  { count, image, size }: { count: number; image: GridSize; size: GridSize },
): Float32Array {
  const means = new Float32Array(count * size.height * size.width);
  for (let c = 0, at = 0; c < count; c++) {
    for (let y = 0; y < image.height; y++) {
      const row = (c * size.height + Math.floor(y / AFFINITY_STRIDE)) * size.width;
      for (let x = 0; x < image.width; x++, at++) means[row + Math.floor(x / AFFINITY_STRIDE)]! += maps[at]!;
    }
  }
  return means.map((sum) => sum / AFFINITY_STRIDE ** 2);
}

/**
 * Works out the affinities exp(−mean over channels |fᵢ − fⱼ|) of all pairs that lie inside an image.
 *
 * @param features [h, w, C].
 * @returns [pairs, h, w]: pair k of the index between a pixel and the pixel at its offset; 0 where that lies outside.
 */
export function pairAffinities(
  features: Float32Array,
  { index, size: { height, width } }: { index: PathIndex; size: GridSize },
): Float32Array {
  const channels = features.length / (height * width);
  const result = new Float32Array(index.count * height * width);
  for (let k = 0; k < index.count; k++) {
    const dy = index.destinations[2 * k]!, dx = index.destinations[2 * k + 1]!;
    for (let y = 0; y < height - dy; y++) {
      for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
        const i = y * width + x, j = i + dy * width + dx;
        const distance = featureDistance(features, i * channels, j * channels, channels);
        result[(k * height + y) * width + x] = Math.exp(-distance);
      }
    }
  }
  return result;
}
