import type { Kernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { runShader } from "./_run_shader.ts";
import { activationCode, workgroupSum } from "./_wgsl.ts";

/** Invocations of a workgroup that sums. */
const SUMMING = 256;
/** Invocations of a workgroup elsewhere. */
const GROUP = 64;
/** Values of a group that one workgroup sums, about. */
const CHUNK = 8192;

/**
 * Group normalisation and its gradients. Maps are too large for a workgroup: each takes a chunk of rows, and what they
 * found is put together afterwards.
 */
export const groupNormKernels: Pick<Kernels, "groupNorm" | "groupNormGradients"> = {
  groupNorm(x, { groups, scale, offset, epsilon, activation }) {
    const [batch, height, width, channels] = x.shape, each = channels / groups;
    const [y, statistics] = tf.tidy(() => {
      const rows = Math.max(1, Math.ceil(CHUNK / (width * each))), chunks = Math.ceil(height / rows);
      const numbers = { height, width, channels, groups, rows, chunks };
      const [moments] = runShader({
        key: "groupNormMoments",
        code: momentsCode,
        inputs: { map: x },
        outputs: { moments: [batch, groups, chunks, 2] },
        types: { moments: "vec2f" },
        numbers,
        workgroups: [chunks, groups, batch],
      });
      const [statistics] = runShader({
        key: "groupNormStatistics",
        code: statisticsCode,
        inputs: { moments: moments! },
        outputs: { statistics: [batch, groups, 2] },
        type: "vec2f",
        numbers,
        factors: { epsilon },
        workgroups: [groups, batch],
      });
      const [y] = runShader({
        key: `groupNorm ${activation}`,
        code: () => normCode(activation),
        inputs: { map: x, statistics: statistics!, scale, offset },
        outputs: { result: x.shape },
        types: { statistics: "vec2f" },
        numbers: { height, width, channels, groups },
        workgroups: [Math.ceil(width * channels / GROUP), height, batch],
      });
      return [y as tf.Tensor4D, statistics!];
    });
    return { y, saved: activation ? [x, statistics, scale, y] : [x, statistics, scale] };
  },

  groupNormGradients(dy, [x, statistics, scale, y], { groups, share }) {
    const [batch, height, width, channels] = dy.shape, each = channels / groups;
    const maps = { slopes: dy, map: x!, statistics: statistics!, output: y }, types = { statistics: "vec2f" };
    // Sums over pixels of d and of d · z, with z the normalised map and d the gradient before the ReLU.
    const sums = share(tf.tidy(() => {
      const rows = Math.max(1, Math.ceil(CHUNK / GROUP / width)), chunks = Math.ceil(height / rows);
      const [parts] = runShader({
        key: `groupNormSums ${y !== undefined}`,
        code: () => sumsCode(y !== undefined),
        inputs: maps,
        outputs: { sums: [batch, chunks, 2, channels] },
        types,
        numbers: { height, width, channels, groups, rows },
        workgroups: [Math.ceil(channels / GROUP), chunks, batch],
      });
      return parts!.sum(1); // [B, 2, C]
    }));
    const sum = (which: number) => sums.slice([0, which, 0], [-1, 1, -1]).sum([0, 1]);
    return {
      x() {
        const means = sums.mul(scale!).reshape([batch, 2, groups, each]).sum(3).div(height * width * each);
        return runShader({
          key: `groupNormGradient ${y !== undefined}`,
          code: () => gradientCode(y !== undefined),
          inputs: { ...maps, scale: scale!, means }, // [B, 2, groups]
          outputs: { result: dy.shape },
          types,
          numbers: { height, width, channels, groups },
          workgroups: [Math.ceil(width * channels / GROUP), height, batch],
        })[0]!;
      },
      scale: () => sum(1),
      offset: () => sum(0),
    };
  },
};

/** Mean of a group's values in a chunk of rows, and the sum of their squared distances from it. */
const momentsCode = () => `
${workgroupSum(SUMMING)}
@compute @workgroup_size(${SUMMING})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let each = options.channels / options.groups;
  let firstRow = group.x * options.rows;
  let count = min(options.rows, options.height - firstRow) * options.width * each;
  let first = (group.z * options.height + firstRow) * options.width * options.channels + group.y * each;
  var sum = 0.0;
  for (var i = lane; i < count; i += ${SUMMING}) { sum += map[first + i / each * options.channels + i % each]; }
  let mean = workgroupSum(sum, lane) / f32(count);
  var squares = 0.0;
  for (var i = lane; i < count; i += ${SUMMING}) {
    let distance = map[first + i / each * options.channels + i % each] - mean;
    squares += distance * distance;
  }
  squares = workgroupSum(squares, lane);
  if (lane == 0) {
    moments[(group.z * options.groups + group.y) * options.chunks + group.x] = vec2f(mean, squares);
  }
}`;

/** Mean and 1 / standard deviation of each group, from those of its chunks. */
const statisticsCode = () => `
${workgroupSum(SUMMING)}
fn fractionOf(chunk: u32) -> f32 {
  return f32(min(options.rows, options.height - chunk * options.rows)) / f32(options.height);
}

@compute @workgroup_size(${SUMMING})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.y * options.groups + group.x) * options.chunks;
  var sum = 0.0;
  for (var i = lane; i < options.chunks; i += ${SUMMING}) { sum += fractionOf(i) * moments[first + i].x; }
  let mean = workgroupSum(sum, lane);
  let values = f32(options.height * options.width * (options.channels / options.groups));
  var variance = 0.0;
  for (var i = lane; i < options.chunks; i += ${SUMMING}) {
    let distance = moments[first + i].x - mean;
    variance += moments[first + i].y / values + fractionOf(i) * distance * distance;
  }
  variance = workgroupSum(variance, lane);
  if (lane == 0) {
    statistics[group.y * options.groups + group.x] = vec2f(mean, inverseSqrt(variance + options.epsilon));
  }
}`;

const normCode = (activation: "relu" | undefined) => `
${activation ? activationCode(activation, 1) : ""}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.width * options.channels) { return; }
  let channel = id.x % options.channels;
  let at = (id.z * options.height + id.y) * options.width * options.channels + id.x;
  let own = statistics[id.z * options.groups + channel * options.groups / options.channels];
  let value = (map[at] - own.x) * own.y * scale[channel] + offset[channel];
  result[at] = ${activation ? "activate(value)" : "value"};
}`;

/** Sums over a chunk of rows, for each channel: of the gradient, and of its product with the normalised map. */
const sumsCode = (rectified: boolean) => `

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channel = id.x;
  if (channel >= options.channels) { return; }
  let own = statistics[id.z * options.groups + channel * options.groups / options.channels];
  let firstRow = id.y * options.rows;
  let count = min(options.rows, options.height - firstRow) * options.width;
  var at = (id.z * options.height + firstRow) * options.width * options.channels + channel;
  var sum = 0.0;
  var product = 0.0;
  for (var i = 0u; i < count; i++) {
    let slope = ${rectified ? "select(0, slopes[at], output[at] > 0)" : "slopes[at]"};
    sum += slope;
    product += slope * (map[at] - own.x) * own.y;
    at += options.channels;
  }
  let place = (id.z * groups.y + id.y) * 2 * options.channels + channel;
  sums[place] = sum;
  sums[place + options.channels] = product;
}`;

/** rate · (d · scale − mean of that − z · mean of its product with z). */
const gradientCode = (rectified: boolean) => `

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.width * options.channels) { return; }
  let channel = id.x % options.channels;
  let group = channel * options.groups / options.channels;
  let at = (id.z * options.height + id.y) * options.width * options.channels + id.x;
  let own = statistics[id.z * options.groups + group];
  let slope = ${rectified ? "select(0, slopes[at], output[at] > 0)" : "slopes[at]"};
  let mean = means[2 * id.z * options.groups + group];
  let product = means[(2 * id.z + 1) * options.groups + group];
  result[at] = own.y * (slope * scale[channel] - mean - (map[at] - own.x) * own.y * product);
}`;
