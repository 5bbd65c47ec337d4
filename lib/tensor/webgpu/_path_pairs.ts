/** The losses on pairs of pixels and their gradients, computed where the maps are: on the GPU. */
import type { WeightedPaths } from "../path_pairs.ts";
import * as tf from "../tf.ts";
import { runShader } from "./_run_shader.ts";
import type { MethodKernels } from "../_kernels.ts";
import { workgroupSum } from "./_wgsl.ts";

/** Invocations of a workgroup. */
const GROUP = 64;

/**
 * The weighted losses of all pairs, as `pathPairLosses()` has them, and their gradients by both maps. Two passes, of
 * which none writes where another invocation does, so that sums do not depend on any order: the first finds the highest
 * point of each pair's path and the slope of its loss, the second collects for each pixel the pairs whose highest point
 * it is.
 *
 * @param logits [B, H, W, 1]
 * @param displacement [B, H, W, 2]
 */
export function pathPairLosses(
  logits: tf.Tensor,
  displacement: tf.Tensor,
  { labels, pairs, size: { height, width }, weights }: WeightedPaths,
): ReturnType<MethodKernels["pathPairLosses"]> {
  const { reach, count, starts, paths, destinations } = pairs, images = labels.length;
  const rows = Math.max(height - reach, 0), columns = Math.max(width - 2 * reach, 0), sources = rows * columns;
  if (sources === 0) {
    const total = tf.addN([logits.sum(), displacement.sum()]).mul(0);
    return { total, parts: tf.zeros([4]), gradients: [tf.zerosLike(logits), tf.zerosLike(displacement)] };
  }
  const groups = Math.ceil(sources / GROUP);
  const boundary = tf.sigmoid(logits);
  const maps = tf.tensor1d(Int32Array.from(labels.flatMap((map) => [...map])), "int32");
  const index = tf.tensor1d(Int32Array.from([...starts, ...destinations, ...paths]), "int32");
  const inputs = { boundary, displacement, labels: maps, index }; // starts, destinations, paths
  const options = {
    types: {
      displacement: "vec2f",
      displacementGradient: "vec2f",
      labels: "i32",
      index: "i32",
      places: "u32",
      sums: "vec4f",
    },
    numbers: { height, width, reach, count, rows, columns },
    factors: {
      affinityBackground: weights.affinityBackground,
      affinityForeground: weights.affinityForeground,
      affinityNegative: weights.affinityNegative,
      displacementForeground: weights.displacementForeground,
      displacementBackground: weights.displacementBackground,
    },
  };

  const [slopes, places, sums] = runShader({
    key: "pairLosses",
    code: pairCode,
    inputs,
    outputs: { slopes: [images, count, sources], places: [images, count, sources], sums: [images, count, groups, 4] },
    ...options,
    workgroups: [groups, count, images],
  });
  const [logitsGradient, displacementGradient] = runShader({
    key: "pairLossGradients",
    code: gradientCode,
    inputs: { ...inputs, slopes: slopes!, places: places! },
    outputs: { logitsGradient: logits.shape, displacementGradient: displacement.shape },
    ...options,
    workgroups: [Math.ceil(height * width / GROUP), 1, images],
  });
  // What is not finite shows, also where no pair looks.
  const nonFinite = tf.addN([logits.sum(), displacement.sum()]).mul(tf.scalar(0));
  const parts = sums!.sum([0, 1, 2]) as tf.Tensor1D;
  return { total: parts.sum().add(nonFinite), parts, gradients: [logitsGradient!, displacementGradient!] };
}

const declarations = `
const VOID = 255;

fn firstPoint(pair: u32) -> u32 { return u32(index[pair]); }

/** Offsets are (y, x). */
fn destinationOf(pair: u32) -> vec2i {
  let at = options.count + 1 + 2 * pair;
  return vec2i(index[at], index[at + 1]);
}

fn pathPoint(point: u32) -> vec2i {
  let at = 3 * options.count + 1 + 2 * point;
  return vec2i(index[at], index[at + 1]);
}

fn isSource(at: vec2i) -> bool {
  return at.x >= 0 && at.x < i32(options.rows) &&
    at.y >= i32(options.reach) && at.y < i32(options.width - options.reach);
}

fn pixelAt(image: u32, at: vec2i) -> u32 {
  return (image * options.height + u32(at.x)) * options.width + u32(at.y);
}

/** Of a pair of one label: D(source) − D(destination) − offset, in the background without the offset. */
fn displacementError(source: u32, destination: u32, offset: vec2i, label: i32) -> vec2f {
  return displacement[source] - displacement[destination] - select(vec2f(0), vec2f(offset), label > 0);
}

fn displacementFactor(label: i32) -> f32 {
  return select(options.displacementBackground, options.displacementForeground, label > 0);
}
`;

/** One invocation a pair: its loss, its slope by the highest boundary of its path, and which point that is. */
const pairCode = () => `
${declarations}

const MARGIN = 1e-5;
${workgroupSum(GROUP, "vec4f")}

@compute @workgroup_size(${GROUP})
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let sources = options.rows * options.columns;
  var loss = vec4f(0); // positive, negative, foreground, background
  if (id.x < sources) {
    let at = vec2i(i32(id.x / options.columns), i32(options.reach + id.x % options.columns));
    let offset = destinationOf(id.y);
    let source = pixelAt(id.z, at);
    let destination = pixelAt(id.z, at + offset);
    let label = labels[source];
    let other = labels[destination];
    var slope = 0.0;
    var place = 0u;
    if (label != VOID && other != VOID) {
      var highest = -1.0;
      for (var point = firstPoint(id.y); point < firstPoint(id.y + 1); point++) {
        let value = boundary[pixelAt(id.z, at + pathPoint(point))];
        if (value > highest) { // of equal points the first keeps its place
          highest = value;
          place = point;
        }
      }
      let affinity = 1 - highest;
      if (label == other) {
        let weight = select(options.affinityBackground, options.affinityForeground, label > 0);
        loss.x = -weight * log(affinity + MARGIN);
        slope = weight / (affinity + MARGIN); // a higher boundary lowers the affinity
        let error = abs(displacementError(source, destination, offset, label));
        let length = displacementFactor(label) * (error.x + error.y);
        loss += select(vec4f(0, 0, 0, length), vec4f(0, 0, length, 0), label > 0);
      } else {
        loss.y = -options.affinityNegative * log(1 + MARGIN - affinity);
        slope = -options.affinityNegative / (1 + MARGIN - affinity);
      }
    }
    let pair = (id.z * options.count + id.y) * sources + id.x;
    slopes[pair] = slope;
    places[pair] = place;
  }
  let sum = workgroupSum(loss, lane);
  if (lane == 0) { sums[(id.z * options.count + id.y) * groups.x + group.x] = sum; }
}`;

/** One invocation a pixel: what the pairs pull at it whose highest point it is, and whose source or destination. */
const gradientCode = () => `
${declarations}

/** Slope of the displacement loss of a pair by its source. */
fn pull(source: u32, destination: u32, offset: vec2i) -> vec2f {
  let label = labels[source];
  if (label == VOID || label != labels[destination]) { return vec2f(0); }
  return displacementFactor(label) * sign(displacementError(source, destination, offset, label));
}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.height * options.width) { return; }
  let at = vec2i(i32(id.x / options.width), i32(id.x % options.width));
  let pixel = pixelAt(id.z, at);
  let sources = options.rows * options.columns;
  var slope = 0.0;
  var field = vec2f(0);
  for (var d = 0u; d < options.count; d++) {
    let pairs = (id.z * options.count + d) * sources;
    for (var point = firstPoint(d); point < firstPoint(d + 1); point++) {
      let source = at - pathPoint(point);
      if (isSource(source)) {
        let pair = pairs + u32(source.x) * options.columns + u32(source.y) - options.reach;
        if (places[pair] == point) { slope += slopes[pair]; }
      }
    }
    let offset = destinationOf(d);
    if (isSource(at)) { field += pull(pixel, pixelAt(id.z, at + offset), offset); }
    if (isSource(at - offset)) { field -= pull(pixelAt(id.z, at - offset), pixel, offset); }
  }
  let probability = boundary[pixel];
  logitsGradient[pixel] = slope * probability * (1 - probability);
  displacementGradient[pixel] = field;
}`;
