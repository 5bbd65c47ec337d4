/** Features of regions and their gradients, computed where the maps are: on the GPU. */
import type { AxisSamples, MapShape, RegionGrid, SampledRegion } from "../regions.ts";
import * as tf from "../tf.ts";
import { mostBindings, runShader } from "./_run_shader.ts";

/** Invocations of a workgroup. */
const GROUP = 64;

/** Features of regions, [R, size, size, C]. */
export function alignRegions(maps: readonly tf.Tensor4D[], { regions, size, samples }: RegionGrid): tf.Tensor4D {
  const channels = maps[0]!.shape[3], most = mostBindings() - 3; // the result, the regions and the maps' sizes
  return tf.tidy(() => {
    if (maps.length > most) return alignInParts(maps, { regions, size, samples, most });
    const sizes = tf.tensor1d(maps.flatMap(({ shape }) => [shape[1], shape[2]]), "int32");
    return runShader({
      key: `alignRegions of ${maps.length}`,
      code: () => alignCode(maps.length),
      inputs: { table: tableOf(regions), sizes, ...Object.fromEntries(maps.map((map, m) => [`map${m}`, map])) },
      outputs: { result: [regions.length, size, size, channels] },
      types: { sizes: "vec2i" }, // (height, width)
      numbers: { channels, size, samples },
      workgroups: [Math.ceil(channels / GROUP), size * size, regions.length],
    })[0] as tf.Tensor4D;
  });
}

/** Reads as many maps at a time as a program can bind, and puts the regions into their order again. */
function alignInParts(
  maps: readonly tf.Tensor4D[],
  { regions, most, ...grid }: RegionGrid & { most: number },
): tf.Tensor4D {
  const order: number[] = [], parts: tf.Tensor4D[] = [];
  let done = 0;
  for (let first = 0; first < maps.length; first += most) {
    const members = regions.flatMap(({ map }, r) => map >= first && map < first + most ? [r] : []);
    if (members.length === 0) continue;
    const own = members.map((r) => ({ ...regions[r]!, map: regions[r]!.map - first }));
    members.forEach((r, i) => order[r] = done + i);
    done += members.length;
    parts.push(alignRegions(maps.slice(first, first + most), { regions: own, ...grid }));
  }
  return tf.concat(parts).gather(tf.tensor1d(order, "int32"));
}

/** Gradients for maps of the given shapes. */
export function alignRegionsGradient(
  dy: tf.Tensor4D,
  { regions, size, samples, shapes }: RegionGrid & { shapes: readonly MapShape[] },
): tf.Tensor[] {
  return tf.tidy(() => {
    const table = tableOf(regions);
    return shapes.map((shape, map) => {
      const [images, height, width, channels] = shape;
      return runShader({
        key: "alignRegionsGradient",
        code: gradientCode,
        inputs: { table, slopes: dy },
        outputs: { gradient: shape },
        numbers: { channels, regions: regions.length, size, samples, map, height, width },
        workgroups: [Math.ceil(channels / GROUP), height * width, images],
      })[0]!;
    });
  });
}

/** Of each region: image, map, then (low, high, fraction) of its rows and of its columns. */
function tableOf(regions: readonly SampledRegion[]): tf.Tensor {
  const axis = ({ low, high, fraction }: AxisSamples) => [...low].flatMap((at, i) => [at, high[i]!, fraction[i]!]);
  return tf.tensor1d(regions.flatMap(({ image, map, rows, columns }) => [image, map, ...axis(rows), ...axis(columns)]));
}

const regionCode = `
/** Two neighbours and the fraction of the second; outside of the map the first is -1. */
struct Point { low: i32, high: i32, fraction: f32 }

fn startOf(region: u32) -> u32 { return region * (2 + 6 * options.size * options.samples); }

fn imageOf(region: u32) -> u32 { return u32(table[startOf(region)]); }

fn mapOf(region: u32) -> u32 { return u32(table[startOf(region) + 1]); }

fn pointAt(at: u32) -> Point { return Point(i32(table[at]), i32(table[at + 1]), table[at + 2]); }

fn rowPoint(region: u32, i: u32) -> Point { return pointAt(startOf(region) + 2 + 3 * i); }

fn columnPoint(region: u32, i: u32) -> Point { return rowPoint(region, options.size * options.samples + i); }
`;

/** One invocation a value of the result: the mean of the points of its bin. */
const alignCode = (maps: number) => `
${regionCode}

fn valueOf(map: u32, index: u32) -> f32 {
  switch map {
    ${Array.from({ length: maps }, (_, m) => `case ${m}: { return map${m}[index]; }`).join("\n    ")}
    default: { return 0; }
  }
}

/** Between two features of a row. */
fn between(map: u32, row: u32, x: Point, channel: u32) -> f32 {
  return mix(
    valueOf(map, (row + u32(x.low)) * options.channels + channel),
    valueOf(map, (row + u32(x.high)) * options.channels + channel),
    x.fraction,
  );
}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.channels) { return; }
  let row = id.y / options.size;
  let column = id.y % options.size;
  let map = mapOf(id.z);
  let size = vec2u(sizes[map]);
  let first = imageOf(id.z) * size.x;
  var sum = 0.0;
  for (var i = row * options.samples; i < (row + 1) * options.samples; i++) {
    let y = rowPoint(id.z, i);
    if (y.low < 0) { continue; }
    for (var j = column * options.samples; j < (column + 1) * options.samples; j++) {
      let x = columnPoint(id.z, j);
      if (x.low < 0) { continue; }
      let upper = between(map, (first + u32(y.low)) * size.y, x, id.x);
      let lower = between(map, (first + u32(y.high)) * size.y, x, id.x);
      sum += mix(upper, lower, y.fraction);
    }
  }
  let place = (id.z * options.size * options.size + id.y) * options.channels + id.x;
  result[place] = sum / f32(options.samples * options.samples);
}`;

/** One invocation a value of the map: it collects from the points of all regions whose neighbour it is. */
const gradientCode = () => `
${regionCode}

fn weightOf(point: Point, at: i32) -> f32 {
  if (point.low < 0) { return 0; }
  return select(0, 1 - point.fraction, point.low == at) + select(0, point.fraction, point.high == at);
}

@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= options.channels) { return; }
  let row = i32(id.y / options.width);
  let column = i32(id.y % options.width);
  let points = options.size * options.samples;
  var sum = 0.0;
  for (var region = 0u; region < options.regions; region++) {
    if (mapOf(region) != options.map || imageOf(region) != id.z) { continue; }
    for (var i = 0u; i < points; i++) {
      let down = weightOf(rowPoint(region, i), row);
      if (down == 0) { continue; }
      for (var j = 0u; j < points; j++) {
        let weight = down * weightOf(columnPoint(region, j), column);
        if (weight == 0) { continue; }
        let bin = (region * options.size + i / options.samples) * options.size + j / options.samples;
        sum += weight * slopes[bin * options.channels + id.x];
      }
    }
  }
  let place = (id.z * options.height * options.width + id.y) * options.channels + id.x;
  gradient[place] = sum / f32(options.samples * options.samples);
}`;
