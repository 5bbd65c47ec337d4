/** Features of regions by bilinear sampling, and their gradient, on the processor. */

/** Points along one axis of a map, each between two features. */
export interface AxisSamples {
  /** The lower of two neighbours; −1: outside of the map. */
  readonly low: Int32Array;
  /** The higher one. */
  readonly high: Int32Array;
  /** Share of the higher one. */
  readonly fraction: Float64Array;
}

/** Region of one image and one map. */
export interface SampledRegion {
  /** Image of the batch. */
  readonly image: number;
  /** Index of the map. */
  readonly map: number;
  /** Points from top to bottom. */
  readonly rows: AxisSamples;
  /** Points from left to right. */
  readonly columns: AxisSamples;
}

/** Regions and the grid that each is read by. */
export interface RegionGrid {
  /** Where to read. */
  readonly regions: readonly SampledRegion[];
  /** Side of the result. */
  readonly size: number;
  /** Points a bin along each axis, which are averaged. */
  readonly samples: number;
}

/** Shape of a map, [B, h, w, C]. */
export type MapShape = readonly [number, number, number, number];

/** Features [R, size, size, C] of regions of maps with the given shapes. */
export function sampleRegions(
  maps: readonly Float32Array[],
  { shapes, ...grid }: RegionGrid & { shapes: readonly MapShape[] },
): Float32Array {
  const { regions, size } = grid, channels = shapes[0]![3], length = size * size * channels;
  const out = new Float32Array(regions.length * length);
  regions.forEach((place, r) => {
    const region = out.subarray(r * length, (r + 1) * length), map = maps[place.map]!;
    eachCorner(place, { ...grid, shape: shapes[place.map]! }, (from, to, weight) => {
      for (let c = 0; c < channels; c++) region[to + c]! += weight * map[from + c]!;
    });
  });
  return out;
}

/** Gradients for all maps, from that of {@linkcode sampleRegions}. */
export function sampleRegionsGradient(
  slopes: Float32Array,
  { shapes, ...grid }: RegionGrid & { shapes: readonly MapShape[] },
): Float32Array[] {
  const { regions, size } = grid, channels = shapes[0]![3], length = size * size * channels;
  const gradients = shapes.map((shape) => new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]));
  regions.forEach((place, r) => {
    const region = slopes.subarray(r * length, (r + 1) * length), gradient = gradients[place.map]!;
    eachCorner(place, { ...grid, shape: shapes[place.map]! }, (to, from, weight) => {
      for (let c = 0; c < channels; c++) gradient[to + c]! += weight * region[from + c]!;
    });
  });
  return gradients;
}

/** Visits the four features around every point, with the bin they count for and their weight in it. */
function eachCorner(
  { image, rows, columns }: SampledRegion,
  { size, samples, shape: [, height, width, channels] }: RegionGrid & { shape: MapShape },
  visit: (feature: number, bin: number, weight: number) => void,
): void {
  const points = samples * samples, pitch = width * channels, first = image * height * pitch;
  for (let i = 0; i < rows.low.length; i++) {
    if (rows.low[i]! < 0) continue;
    const above = first + rows.low[i]! * pitch, below = first + rows.high[i]! * pitch, down = rows.fraction[i]!;
    const bins = Math.floor(i / samples) * size;
    for (let j = 0; j < columns.low.length; j++) {
      if (columns.low[j]! < 0) continue;
      const left = columns.low[j]! * channels, right = columns.high[j]! * channels, aside = columns.fraction[j]!;
      const bin = (bins + Math.floor(j / samples)) * channels;
      visit(above + left, bin, (1 - down) * (1 - aside) / points);
      visit(above + right, bin, (1 - down) * aside / points);
      visit(below + left, bin, down * (1 - aside) / points);
      visit(below + right, bin, down * aside / points);
    }
  }
}
