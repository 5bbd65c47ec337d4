import type { Kernels } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import { runShader } from "./_run_shader.ts";

/** Invocations of a workgroup. */
const GROUP = 64;

/** Bilinear resizing and its gradient, one invocation a value of what they make. */
export const resizeKernels: Pick<Kernels, "resize" | "resizeGradient"> = {
  resize(x, [height, width]) {
    const [batch, rows, columns, channels] = x.shape;
    return runShader({
      key: "resize",
      code: resizeCode,
      inputs: { map: x },
      outputs: { result: [batch, height, width, channels] },
      numbers: { rows, columns, height, width, channels },
      workgroups: [Math.ceil(width * channels / GROUP), height, batch],
    })[0] as tf.Tensor4D;
  },

  resizeGradient(dy, shape) {
    const [batch, rows, columns, channels] = shape, [, height, width] = dy.shape;
    return runShader({
      key: "resizeGradient",
      code: gradientCode,
      inputs: { map: dy },
      outputs: { result: shape },
      numbers: { rows, columns, height, width, channels },
      workgroups: [Math.ceil(columns * channels / GROUP), rows, batch],
    })[0] as tf.Tensor4D;
  },
};

const declarations = `
/** Two neighbouring samples and the fraction of the second. */
struct Point { low: u32, high: u32, fraction: f32 }

/** Place (i + ½) · samples / places − ½ among the samples, in whole numbers so that large maps are as exact as small ones. */
fn pointOf(i: u32, samples: u32, places: u32) -> Point {
  let at = max(i32((2 * i + 1) * samples) - i32(places), 0);
  let low = min(u32(at) / (2 * places), samples - 1);
  return Point(low, min(low + 1, samples - 1), f32(u32(at) - low * 2 * places) / f32(2 * places));
}
`;

const resizeCode = () =>
  `${declarations}
@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.width * options.channels) { return; }
  let channel = id.x % options.channels;
  let y = pointOf(id.y, options.rows, options.height);
  let x = pointOf(id.x / options.channels, options.columns, options.width);
  let above = (id.z * options.rows + y.low) * options.columns;
  let below = (id.z * options.rows + y.high) * options.columns;
  let upper = mix(
    map[(above + x.low) * options.channels + channel],
    map[(above + x.high) * options.channels + channel],
    x.fraction,
  );
  let lower = mix(
    map[(below + x.low) * options.channels + channel],
    map[(below + x.high) * options.channels + channel],
    x.fraction,
  );
  result[(id.z * options.height + id.y) * options.width * options.channels + id.x] = mix(upper, lower, y.fraction);
}`;

/** It collects from the places whose neighbour its sample is. */
const gradientCode = () =>
  `${declarations}
/** The first and the last place that may have a sample as neighbour. */
fn placesOf(sample: u32, samples: u32, places: u32) -> vec2u {
  // Between the samples before and after, whose own places they may be.
  let first = select((2 * sample - 1) * places / (2 * samples), 0, sample == 0);
  let last = select((2 * sample + 3) * places / (2 * samples), places - 1, sample + 1 >= samples);
  return vec2u(max(first, 1) - 1, min(last, places - 1));
}

fn weightOf(point: Point, sample: u32) -> f32 {
  return select(0, 1 - point.fraction, point.low == sample) + select(0, point.fraction, point.high == sample);
}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.columns * options.channels) { return; }
  let channel = id.x % options.channels;
  let column = id.x / options.channels;
  let ys = placesOf(id.y, options.rows, options.height);
  let xs = placesOf(column, options.columns, options.width);
  var sum = 0.0;
  for (var i = ys.x; i <= ys.y; i++) {
    let down = weightOf(pointOf(i, options.rows, options.height), id.y);
    if (down == 0) { continue; }
    let row = (id.z * options.height + i) * options.width;
    for (var j = xs.x; j <= xs.y; j++) {
      let aside = weightOf(pointOf(j, options.columns, options.width), column);
      sum += down * aside * map[(row + j) * options.channels + channel];
    }
  }
  result[(id.z * options.rows + id.y) * options.columns * options.channels + id.x] = sum;
}`;
