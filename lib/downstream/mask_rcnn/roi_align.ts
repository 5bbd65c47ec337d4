import { tf } from "../../tensor/mod.ts";
import { axisSamples } from "./_region_samples.ts";
import { alignGradientOnGpu, alignOnGpu, type SampledRegion } from "./_webgpu_roi_align.ts";
import type { Boxes } from "./boxes.ts";

/** Regions of the images of a batch. */
export interface Regions {
  /** [R, 4] in image pixels. */
  readonly boxes: Boxes;
  /** [R] image of the batch. */
  readonly image: ArrayLike<number>;
  /** [R] index of the map to read. */
  readonly level: ArrayLike<number>;
}

/** How {@linkcode roiAlign} reads the maps. */
export interface RoiAlignOptions {
  /** Image pixels a feature, of each map. */
  readonly strides: readonly number[];
  /** Side of the result. */
  readonly size: number;
  /** Points a bin along each axis, which are averaged. Default: 2. */
  readonly samples?: number;
  /**
   * Whether the centre of the first feature is half a stride into the image, where it is; else at its corner, as
   * Mask R-CNN in torchvision has it. Default: true.
   */
  readonly aligned?: boolean;
}

/**
 * Features of regions by bilinear sampling, without rounding their borders (Mask R-CNN, section "RoIAlign").
 *
 * @param maps Feature maps [B, h, w, C], of any h and w.
 * @param regions Regions, each of one image and one map.
 * @param options Strides and grid.
 * @returns [R, size, size, C], differentiable in all maps.
 * @throws RangeError if there is no region, or one names an image or a map that does not exist.
 */
export function roiAlign(
  maps: readonly tf.Tensor4D[],
  { regions, ...options }: RoiAlignOptions & { regions: Regions },
): tf.Tensor4D {
  const { strides, size, samples = 2, aligned = true } = options;
  const { boxes, image, level } = regions, count = boxes.length / 4, channels = maps[0]!.shape[3];
  if (count === 0) throw new RangeError("Expected at least one region but found none");
  for (let r = 0; r < count; r++) {
    const map = maps[level[r]!];
    if (!map || !(image[r]! >= 0 && image[r]! < map.shape[0])) {
      throw new RangeError(
        `Expected a region of one of ${maps.length} maps but found map ${level[r]}, image ${image[r]}`,
      );
    }
  }
  const grid = { size, samples, aligned };
  const shapes = maps.map((map) => map.shape);
  const places = Array.from({ length: count }, (_, r): Place => {
    const [, height, width] = shapes[level[r]!]!, stride = strides[level[r]!]!;
    const [left, top, right, bottom] = boxes.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    return {
      map: level[r]!,
      image: image[r]!,
      first: image[r]! * height * width * channels,
      pitch: width * channels,
      rows: axisSamples({ from: top, to: bottom, stride, extent: height }, grid),
      columns: axisSamples({ from: left, to: right, stride, extent: width }, grid),
    };
  });
  if (tf.getBackend() === "webgpu") return alignOnDevice(maps, { places, size, samples });
  const length = size * size * channels;

  const align = tf.customGrad((...inputs) => {
    const values = inputs.slice(0, maps.length).map((map) => (map as tf.Tensor).dataSync<"float32">());
    const out = new Float32Array(count * length);
    places.forEach((place, r) => {
      const region = out.subarray(r * length, (r + 1) * length);
      eachCorner(place, { ...grid, channels }, (from, to, weight) => {
        const map = values[place.map]!;
        for (let c = 0; c < channels; c++) region[to + c]! += weight * map[from + c]!;
      });
    });
    return {
      value: tf.tensor4d(out, [count, size, size, channels]),
      gradFunc: (dy: tf.Tensor) => {
        const slopes = dy.dataSync<"float32">();
        const gradients = shapes.map((shape) => new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]));
        places.forEach((place, r) => {
          const region = slopes.subarray(r * length, (r + 1) * length), gradient = gradients[place.map]!;
          eachCorner(place, { ...grid, channels }, (to, from, weight) => {
            for (let c = 0; c < channels; c++) gradient[to + c]! += weight * region[from + c]!;
          });
        });
        return gradients.map((gradient, i) => tf.tensor(gradient, shapes[i]));
      },
    };
  });
  return align(...maps) as tf.Tensor4D;
}

function alignOnDevice(
  maps: readonly tf.Tensor4D[],
  { places, ...grid }: { places: readonly Place[]; size: number; samples: number },
): tf.Tensor4D {
  const shapes = maps.map((map) => map.shape);
  const align = tf.customGrad((...inputs) => ({
    value: alignOnGpu(inputs.slice(0, maps.length) as tf.Tensor[], { regions: places, ...grid }),
    gradFunc: (dy: tf.Tensor) =>
      shapes.map((shape, map) => alignGradientOnGpu(dy, { regions: places, ...grid, map, shape })),
  }));
  return align(...maps) as tf.Tensor4D;
}

/** Where a region lies in its map. */
interface Place extends SampledRegion {
  /** Index of the first value of its image. */
  readonly first: number;
  /** Values a row of the map. */
  readonly pitch: number;
}

/** Visits the four features around every point, with the bin they count for and their weight in it. */
function eachCorner(
  { first, pitch, rows, columns }: Place,
  { size, samples, channels }: { size: number; samples: number; channels: number },
  visit: (feature: number, bin: number, weight: number) => void,
): void {
  const points = samples * samples;
  for (let i = 0; i < rows.low.length; i++) {
    if (rows.low[i]! < 0) continue;
    const above = first + rows.low[i]! * pitch, below = first + rows.high[i]! * pitch, down = rows.share[i]!;
    const bins = Math.floor(i / samples) * size;
    for (let j = 0; j < columns.low.length; j++) {
      if (columns.low[j]! < 0) continue;
      const left = columns.low[j]! * channels, right = columns.high[j]! * channels, aside = columns.share[j]!;
      const bin = (bins + Math.floor(j / samples)) * channels;
      visit(above + left, bin, (1 - down) * (1 - aside) / points);
      visit(above + right, bin, (1 - down) * aside / points);
      visit(below + left, bin, down * (1 - aside) / points);
      visit(below + right, bin, down * aside / points);
    }
  }
}
