/**
 * The method's own operations, differentiable on every backend: losses on pairs of pixels, and features of regions.
 * @module
 */
import { kernels } from "./_kernels.ts";
import type { WeightedFeaturePairs } from "./feature_pairs.ts";
import type { WeightedPaths } from "./path_pairs.ts";
import type { RegionGrid } from "./regions.ts";
import * as tf from "./tf.ts";

/**
 * Weighted sum of the losses on pairs of pixels that paths over a boundary map join, as `pathPairLosses()` has them.
 *
 * @param logits [B, H, W, 1] boundary before the sigmoid.
 * @param displacement [B, H, W, 2] (dy, dx) in pixels.
 * @param options Labels, pairs and weights; `note` is told the four losses that the sum is made of: positive, negative,
 * foreground, background.
 * @returns A scalar. Sums of parts of a batch add up to that of the batch.
 */
export function pathPairLoss(
  logits: tf.Tensor4D,
  displacement: tf.Tensor4D,
  { note, ...options }: WeightedPaths & { note?: ((losses: tf.Tensor1D) => void) | undefined },
): tf.Scalar {
  const loss = tf.customGrad((...inputs) => {
    const [edges, field, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { total, parts, gradients } = kernels().pathPairLosses(edges, field, options);
    note?.(parts);
    save(gradients);
    return { value: total, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.map((slope) => slope.mul(dy)) };
  });
  return loss(logits, displacement) as tf.Scalar;
}

/**
 * Weighted sum of the losses on pairs of pixels whose affinity is exp(−mean over channels of |fᵢ − fⱼ|): −ln a of
 * pairs of one class, −ln (1 − a) of pairs of different ones.
 *
 * @param features [B, h, w, C].
 * @param options Labels, pairs and weights.
 * @returns A scalar. Sums of parts of a batch add up to that of the batch.
 */
export function featurePairLoss(features: tf.Tensor4D, options: WeightedFeaturePairs): tf.Scalar {
  const loss = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor4D, tf.GradSaveFunc];
    const { total, gradient } = kernels().featurePairLosses(x, options);
    save([gradient]);
    return { value: total, gradFunc: (dy: tf.Tensor, [slope]: tf.Tensor[]) => slope!.mul(dy) };
  });
  return loss(features) as tf.Scalar;
}

/**
 * Features of regions: means over the points of each bin of a grid, each point between four features of a map.
 *
 * @param maps Feature maps [B, h, w, C], of any h and w.
 * @param grid Regions, each of one image and one map, and the grid.
 * @returns [R, size, size, C], differentiable in all maps.
 */
export function alignRegions(maps: readonly tf.Tensor4D[], grid: RegionGrid): tf.Tensor4D {
  const shapes = maps.map((map) => map.shape);
  const align = tf.customGrad((...inputs) => ({
    value: kernels().alignRegions(inputs.slice(0, maps.length) as tf.Tensor4D[], grid),
    gradFunc: (dy: tf.Tensor) => kernels().alignRegionsGradient(dy as tf.Tensor4D, { ...grid, shapes }),
  }));
  return align(...maps) as tf.Tensor4D;
}
