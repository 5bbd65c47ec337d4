import type { Size } from "../data/resize.ts";
import type { NumericArray } from "../files/array.ts";

/** Maps of one image's classes, row-major [K, height, width]. */
export interface ClassMaps {
  /** K·height·width values. */
  readonly data: Float32Array;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** Class attention maps of one image, as its network gave them at every scale. */
export interface ScaledCams {
  /** 0-based classes, ascending, [K]. */
  readonly keys: Int32Array;
  /** Rows and columns of the image, pixels. */
  readonly size: readonly [number, number];
  /** Factors on the image's size. */
  readonly scales: Float32Array;
  /** Maps at the network's stride, in the order of `scales`; not normalised. */
  readonly maps: readonly ClassMaps[];
}

/** Class attention maps of one image in the two sizes that other methods store, each class divided by its maximum. */
export interface StoredCams {
  /** 0-based classes, ascending, [K]. */
  readonly keys: Int32Array;
  /** Maps at stride 4, [K, ⌈H/4⌉, ⌈W/4⌉]. */
  readonly cam: ClassMaps;
  /** Maps of the image's size, [K, H, W]. */
  readonly highRes: ClassMaps;
}

/** Class attention maps that the CAM stage, or another CAM method, hands to the later stages. */
export type CamArchive = ScaledCams | StoredCams;

/** Arrays by name, as in an `.npz` file. */
export type CamArrays = Record<string, NumericArray>;

/**
 * Makes maps at stride 4: those of all scales resized to ⌈H/4⌉×⌈W/4⌉ and summed, every class divided by its
 * maximum + 1e-5 (paper: Class Attention Maps).
 *
 * @param archive Maps of one image.
 * @returns Maps [K, ⌈H/4⌉, ⌈W/4⌉] in 0..1.
 */
export function stridedCam(archive: CamArchive): ClassMaps {
  if ("cam" in archive) return archive.cam;
  const [height, width] = archive.size.map((side) => Math.ceil(side / 4)) as [number, number];
  return fuse(archive, { height, width, crop: { height, width } });
}

/**
 * Makes maps of the image's size: those of all scales resized to the next multiple of the network's stride, summed and
 * cropped, every class divided by its maximum + 1e-5 (paper: Class Attention Maps).
 *
 * @param archive Maps of one image.
 * @param crop H and W, where that is not the size of the image that the network saw.
 * @returns Maps [K, H, W] in 0..1.
 * @throws RangeError if the sizes of the maps fit no stride.
 */
export function highResolutionCam(archive: CamArchive, crop: Size = camSize(archive)): ClassMaps {
  if ("highRes" in archive) return resized(archive.keys, archive.highRes, crop);
  const stride = networkStride(archive), [height, width] = archive.size;
  const padded = (side: number) => Math.ceil(side / stride) * stride;
  const factor = { height: crop.height / height, width: crop.width / width };
  return fuse(archive, { height: padded(height) * factor.height, width: padded(width) * factor.width, crop });
}

/** Rows and columns of the image that maps are of, pixels. */
export function camSize(archive: CamArchive): Size {
  const [height, width] = "size" in archive ? archive.size : [archive.highRes.height, archive.highRes.width];
  return { height, width };
}

/** The archive of a smaller copy of the image, of this size. */
export function resizeCams(archive: CamArchive, size: Size): CamArchive {
  const { keys } = archive, own = camSize(archive);
  if (own.height === size.height && own.width === size.width) return archive;
  const strided = { height: Math.ceil(size.height / 4), width: Math.ceil(size.width / 4) };
  return { keys, cam: resized(keys, stridedCam(archive), strided), highRes: highResolutionCam(archive, size) };
}

function resized(keys: Int32Array, maps: ClassMaps, { height, width }: Size): ClassMaps {
  if (maps.height === height && maps.width === width) return maps;
  return fuse({ keys, maps: [maps] }, { height, width, crop: { height, width } });
}

/** Values beyond 0 and 1 that interpolation and rounding leave. */
const ROUNDING = 1e-3;

/** Gives the arrays of an archive the names they have in its file. */
export function camArrays(archive: CamArchive): CamArrays {
  const count = archive.keys.length;
  const array = ({ data, height, width }: ClassMaps) => ({ shape: [count, height, width], data });
  const keys = { shape: [count], data: archive.keys };
  if ("cam" in archive) return { keys, cam: array(archive.cam), high_res: array(archive.highRes) };
  return {
    keys,
    size: { shape: [2], data: Int32Array.from(archive.size) },
    scales: { shape: [archive.scales.length], data: archive.scales },
    ...Object.fromEntries(archive.maps.map((maps, i) => [`map_${i}`, array(maps)])),
  };
}

/**
 * Reads an archive from its arrays: either `keys`, `size`, `scales` and `map_0`…, or the `keys`, `cam` and `high_res`
 * that other CAM methods store.
 *
 * @param arrays Arrays by name.
 * @param name Name of the file, for messages.
 * @returns The archive.
 * @throws Error naming file and array where one is missing, has another shape, or values that it cannot have.
 */
export function parseCamArrays(arrays: CamArrays, name: string): CamArchive {
  const { data: classes } = requireArray(arrays, "keys", { name, shape: [null] });
  const wrong = classes.findIndex((key, i) => !Number.isInteger(key) || key < 0 || key <= (classes[i - 1] ?? -1));
  if (wrong >= 0) {
    throw new Error(`Expected keys of ${name} whole, from 0, ascending but found ${classes[wrong]} at ${wrong}`);
  }
  const keys = Int32Array.from(classes), isScaled = Object.hasOwn(arrays, "size");
  const maps = (key: string): ClassMaps => {
    const { shape, data } = requireArray(arrays, key, { name, shape: [keys.length, null, null] });
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) {
        throw new Error(`Expected numbers as ${key} in ${name} but found ${data[i]} at ${i}`);
      }
      if (!isScaled && !(data[i]! >= -ROUNDING && data[i]! <= 1 + ROUNDING)) {
        throw new Error(`Expected values of 0 to 1 as ${key} in ${name} but found ${data[i]} at ${i}`);
      }
    }
    return { data: data instanceof Float32Array ? data : Float32Array.from(data), height: shape[1]!, width: shape[2]! };
  };
  if (!isScaled) {
    const [cam, highRes] = [maps("cam"), maps("high_res")];
    if (cam.height !== Math.ceil(highRes.height / 4) || cam.width !== Math.ceil(highRes.width / 4)) {
      throw new Error(
        `Expected cam at a quarter of high_res ${highRes.height}×${highRes.width} in ${name} but found ` +
          `${cam.height}×${cam.width}`,
      );
    }
    return { keys, cam, highRes };
  }
  const [height, width] = requireArray(arrays, "size", { name, shape: [2] }).data as unknown as [number, number];
  if (![height, width].every((side) => Number.isInteger(side) && side > 0)) {
    throw new Error(`Expected rows and columns as size in ${name} but found ${height}×${width}`);
  }
  const scales = Float32Array.from(requireArray(arrays, "scales", { name, shape: [null] }).data);
  return { keys, size: [height, width], scales, maps: Array.from(scales, (_, i) => maps(`map_${i}`)) };
}

/**
 * Reads an archive of another method from its arrays: as {@linkcode parseCamArrays}, or one map of the image's size a
 * class, named by the class; without any class, `keys` alone or nothing.
 *
 * @param arrays Arrays by name.
 * @param image Name of the file, for messages; rows and columns of the image, pixels.
 * @returns The archive. Maps at stride 4 that are not there are the others, resized.
 * @throws Error as {@linkcode parseCamArrays}.
 */
export function parseGivenCams(
  arrays: CamArrays,
  { name, height, width }: { name: string; height: number; width: number },
): CamArchive {
  const names = Object.keys(arrays), byClass = names.filter((key) => /^\d+$/.test(key)).sort((a, b) => +a - +b);
  const isEmpty = names.length === 0 ||
    names.includes("keys") && arrays["keys"]!.data.length === 0 && !names.includes("size") &&
      ["cam", "high_res"].every((key) => !names.includes(key) || arrays[key]!.data.length === 0);
  if (!isEmpty && (byClass.length === 0 || names.includes("keys"))) return parseCamArrays(arrays, name);
  const keys = Int32Array.from(isEmpty ? [] : byClass, Number), area = height * width;
  const quarter = { height: Math.ceil(height / 4), width: Math.ceil(width / 4) };
  const data = new Float32Array(keys.length * area),
    strided = new Float32Array(keys.length * quarter.height * quarter.width);
  const rows = bilinearTaps(height, quarter.height, quarter.height);
  const columns = bilinearTaps(width, quarter.width, quarter.width);
  keys.forEach((_, k) => {
    const map = data.subarray(k * area, (k + 1) * area), size = quarter.height * quarter.width;
    map.set(requireArray(arrays, byClass[k]!, { name, shape: [height, width] }).data);
    addResized(strided.subarray(k * size, (k + 1) * size), map, { rows, columns, sourceWidth: width });
  });
  const array = (values: Float32Array, { height, width }: { height: number; width: number }) => ({
    shape: [keys.length, height, width],
    data: values,
  });
  return parseCamArrays({
    keys: { shape: [keys.length], data: keys },
    cam: array(strided, quarter),
    high_res: array(data, { height, width }),
  }, name);
}

function requireArray(
  arrays: CamArrays,
  key: string,
  { name, shape }: { name: string; shape: (number | null)[] },
): CamArrays[string] {
  const array = arrays[key];
  const fits = array?.shape.length === shape.length &&
    shape.every((side, i) => side === null || side === array.shape[i]);
  if (array && fits) return array;
  const expected = shape.map((side) => side ?? "?").join(", ");
  throw new Error(
    `Expected ${key} [${expected}] in ${name} but found ${array ? `[${array.shape.join(", ")}]` : "none"}`,
  );
}

/** The stride at which a network makes maps of these sizes. */
function networkStride({ size, scales, maps }: ScaledCams): number {
  const fits = (stride: number) =>
    maps.every(({ height, width }, i) =>
      [height, width].every((side, axis) => {
        const pixels = size[axis]! * scales[i]!;
        return side >= Math.ceil((pixels - 0.501) / stride) && side <= Math.ceil((pixels + 0.501) / stride);
      })
    );
  const stride = [16, 8, 32, 4].find(fits);
  if (stride) return stride;
  const sizes = maps.map(({ height, width }) => `${height}×${width}`).join(", ");
  throw new RangeError(`Expected maps of a ${size[0]}×${size[1]} image at stride 4, 8, 16 or 32 but found ${sizes}`);
}

function fuse(
  { keys, maps }: Pick<ScaledCams, "keys" | "maps">,
  { height, width, crop }: Size & { crop: Size },
): ClassMaps {
  const area = crop.height * crop.width;
  const data = new Float32Array(keys.length * area);
  for (const map of maps) {
    const rows = bilinearTaps(map.height, height, crop.height);
    const columns = bilinearTaps(map.width, width, crop.width);
    for (let k = 0; k < keys.length; k++) {
      const source = map.data.subarray(k * map.height * map.width, (k + 1) * map.height * map.width);
      addResized(data.subarray(k * area, (k + 1) * area), source, { rows, columns, sourceWidth: map.width });
    }
  }
  for (let k = 0; k < keys.length; k++) normalise(data.subarray(k * area, (k + 1) * area));
  return { data, height: crop.height, width: crop.width };
}

interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array; // of the higher neighbour
}

/** Neighbours and weights of the first `count` positions when `from` samples are resized to `to`, corners not aligned. */
function bilinearTaps(from: number, to: number, count: number): Taps {
  const low = new Int32Array(count), high = new Int32Array(count), weight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const position = Math.max(0, (i + 0.5) * (from / to) - 0.5);
    low[i] = Math.min(Math.floor(position), from - 1);
    high[i] = Math.min(low[i]! + 1, from - 1);
    weight[i] = position - low[i]!;
  }
  return { low, high, weight };
}

function addResized(
  target: Float32Array,
  source: Float32Array,
  { rows, columns, sourceWidth }: { rows: Taps; columns: Taps; sourceWidth: number },
): void {
  const width = columns.low.length;
  const wide = new Map<number, Float32Array>(); // rows of the source, resized to the target's width
  const widen = (row: number) => {
    let line = wide.get(row);
    if (line) return line;
    line = new Float32Array(width);
    for (let x = 0, start = row * sourceWidth; x < width; x++) {
      const a = source[start + columns.low[x]!]!, b = source[start + columns.high[x]!]!;
      line[x] = a + (b - a) * columns.weight[x]!;
    }
    wide.set(row, line);
    return line;
  };
  for (let y = 0; y < rows.low.length; y++) {
    const top = widen(rows.low[y]!), bottom = widen(rows.high[y]!), weight = rows.weight[y]!;
    for (let x = 0, index = y * width; x < width; x++, index++) {
      target[index]! += top[x]! + (bottom[x]! - top[x]!) * weight;
    }
  }
}

function normalise(map: Float32Array): void {
  let maximum = -Infinity;
  for (let i = 0; i < map.length; i++) if (map[i]! > maximum) maximum = map[i]!;
  const divisor = maximum + 1e-5;
  for (let i = 0; i < map.length; i++) map[i]! /= divisor;
}
