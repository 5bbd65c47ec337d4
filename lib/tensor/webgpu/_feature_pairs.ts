/** The loss on pairs of pixels by the distance of their features, computed where the features are: on the GPU. */
import type { WeightedFeaturePairs } from "../feature_pairs.ts";
import * as tf from "../tf.ts";
import { runShader } from "./_run_shader.ts";
import { workgroupSum } from "./_wgsl.ts";

/** Invocations of a workgroup. */
const GROUP = 64;

/**
 * Weighted sum over the pairs of some images, and its gradient. Of its two passes the first finds distance and slope
 * of each pair, the second collects for each value what the pairs pull at it; none writes where another invocation does.
 *
 * @param features [B, h, w, C]
 */
export function featurePairLosses(
  features: tf.Tensor4D,
  { labels, pairs, weights, epsilon }: WeightedFeaturePairs,
): { total: tf.Tensor; gradient: tf.Tensor } {
  const [images, height, width, channels] = features.shape, { reach, count, destinations } = pairs;
  const { background, foreground, negative } = weights;
  const rows = Math.max(height - reach, 0), columns = Math.max(width - 2 * reach, 0), sources = rows * columns;
  if (sources === 0) return { total: tf.scalar(0), gradient: tf.zerosLike(features) };
  const groups = Math.ceil(sources / GROUP), shape = [images, count, sources];
  const maps = tf.tensor1d(Int32Array.from(labels.flatMap((map) => [...map])), "int32");
  const offsets = tf.tensor2d(destinations, [count, 2], "int32");
  const options = {
    types: { labels: "i32", offsets: "vec2i" }, // (y, x)
    numbers: { height, width, channels, reach, count, rows, columns },
    factors: { background, foreground, negative, epsilon },
  };
  const [slopes, sums] = runShader({
    key: "affinityPairs",
    code: pairCode,
    inputs: { features, labels: maps, offsets },
    outputs: { slopes: shape, sums: [images, count, groups] },
    ...options,
    workgroups: [groups, count, images],
  });
  const [gradient] = runShader({
    key: "affinityGradient",
    code: gradientCode,
    inputs: { features, slopes: slopes!, offsets },
    outputs: { gradient: features.shape },
    ...options,
    workgroups: [Math.ceil(channels / GROUP), height * width, images],
  });
  return { total: sums!.sum(), gradient: gradient! };
}

/** One invocation a pair: its loss, and the slope of that by the distance of its features. */
const pairCode = () => `
${workgroupSum(GROUP)}
const VOID = 255;

@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let sources = options.rows * options.columns;
  var loss = 0.0;
  if (id.x < sources) {
    let source = (id.z * options.height + id.x / options.columns) * options.width +
      options.reach + id.x % options.columns;
    let offset = offsets[id.y];
    let destination = u32(i32(source) + offset.x * i32(options.width) + offset.y);
    let label = labels[source];
    let other = labels[destination];
    var slope = 0.0;
    if (label != VOID && other != VOID) {
      var distance = 0.0;
      for (var c = 0u; c < options.channels; c++) {
        distance += abs(features[source * options.channels + c] - features[destination * options.channels + c]);
      }
      let affinity = exp(-distance / f32(options.channels));
      if (label == other) {
        let weight = select(options.background, options.foreground, label > 0);
        loss = -weight * log(affinity + options.epsilon);
        slope = weight * affinity / (affinity + options.epsilon);
      } else {
        loss = -options.negative * log(1 + options.epsilon - affinity);
        slope = -options.negative * affinity / (1 + options.epsilon - affinity);
      }
    }
    slopes[(id.z * options.count + id.y) * sources + id.x] = slope;
  }
  let sum = workgroupSum(loss, lane);
  if (lane == 0) { sums[(id.z * options.count + id.y) * groups.x + group.x] = sum; }
}`;

/** One invocation a value: what the pairs pull at it whose source or destination its pixel is. */
const gradientCode = () => `

fn isSource(at: vec2i) -> bool { // (y, x)
  return at.x >= 0 && at.x < i32(options.rows) &&
    at.y >= i32(options.reach) && at.y < i32(options.width - options.reach);
}

/** Of the pair that starts at a source. */
fn slopeAt(image: u32, pair: u32, at: vec2i) -> f32 {
  let source = u32(at.x) * options.columns + u32(at.y) - options.reach;
  return slopes[(image * options.count + pair) * options.rows * options.columns + source];
}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.channels) { return; }
  let at = vec2i(i32(id.y / options.width), i32(id.y % options.width));
  let pixel = id.z * options.height * options.width + id.y;
  let own = features[pixel * options.channels + id.x];
  var sum = 0.0;
  for (var pair = 0u; pair < options.count; pair++) {
    let offset = offsets[pair];
    let step = offset.x * i32(options.width) + offset.y;
    if (isSource(at)) {
      let other = features[u32(i32(pixel) + step) * options.channels + id.x];
      sum += slopeAt(id.z, pair, at) * sign(own - other);
    }
    if (isSource(at - offset)) {
      let other = features[u32(i32(pixel) - step) * options.channels + id.x];
      sum += slopeAt(id.z, pair, at - offset) * sign(own - other);
    }
  }
  gradient[pixel * options.channels + id.x] = sum / f32(options.channels);
}`;
