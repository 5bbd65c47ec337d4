/** Masks as people bring them: ids as indices or grey levels, or as VOC's colours. */
import { join } from "node:path";
import type { ImageFiles } from "./_image_files.ts";
import { isFile, isFolder } from "../files/disk.ts";
import { type LabelMap, type PngSamples, readPngSamples, vocPalette } from "../files/png.ts";

/** A mask that cannot be used: it is damaged, of another size than its image, or holds what is no id. */
export class MaskError extends Error {}

/** Ids of pixels, and other ids that they may mean. */
export interface Mask extends LabelMap {
  /** Indices, where these are not what VOC's colours of an indexed file say, which `data` are; else `null`. */
  readonly indices: Uint8Array | null;
}

const VOC_IDS = new Map<number, number>(Array.from({ length: 256 }, (_, id) => [colourAt(vocPalette(), 3 * id), id]));

/**
 * Reads a mask: a PNG file that is indexed or grey, of ids, or has VOC's colours, with or without transparency, which
 * does not count. Where all colours of an indexed file are VOC's, but at other indices, the colours count.
 *
 * @param bytes The file.
 * @param name Its name, for messages.
 * @returns The ids: 0 background, 255 void.
 * @throws MaskError naming the file, and the colours or levels that are no ids.
 */
export function decodeMask(bytes: Uint8Array, name: string): Mask {
  const { width, height, channels, data, palette } = samplesOf(bytes, name);
  const size = { width, height };
  if (palette) return { ...size, ...byPalette(data as Uint8Array, palette) };
  if (channels >= 3) return { ...size, data: byColours(data, { channels, name }), indices: null };
  const levels = channels === 1 ? data : data.filter((_, i) => i % channels === 0), most = levels.find((v) => v > 255);
  if (most !== undefined) throw new MaskError(`Expected ids 0…255 in ${name} but found ${most}`);
  return { ...size, data: Uint8Array.from(levels), indices: null };
}

function samplesOf(bytes: Uint8Array, name: string): PngSamples {
  try {
    return readPngSamples(bytes, name);
  } catch (cause) {
    throw new MaskError((cause as Error).message, { cause });
  }
}

function byPalette(indices: Uint8Array, palette: Uint8Array): Pick<Mask, "data" | "indices"> {
  const ids = new Map<number, number | undefined>();
  for (const index of distinct(indices)) ids.set(index, VOC_IDS.get(colourAt(palette, 3 * index)));
  const isPermuted = [...ids].some(([index, id]) => index !== id) && [...ids.values()].every((id) => id !== undefined);
  return isPermuted ? { data: indices.map((index) => ids.get(index)!), indices } : { data: indices, indices: null };
}

/** The values of a map that occur, ascending. */
export function distinct(values: Uint8Array): number[] {
  const found = new Uint8Array(256);
  for (let i = 0; i < values.length; i++) found[values[i]!] = 1;
  return [...found.keys()].filter((value) => found[value]);
}

/** Ids of VOC's colours; levels where all is grey and not VOC's. */
function byColours(
  samples: Uint8Array | Uint16Array,
  { channels, name }: { channels: number; name: string },
): Uint8Array {
  const scale = samples instanceof Uint16Array ? 257 : 1, data = new Uint8Array(samples.length / channels);
  const foreign = new Map<number, readonly number[]>();
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    const colour = colourAt(samples, at, scale), id = VOC_IDS.get(colour);
    if (id !== undefined) data[i] = id;
    else if (!foreign.has(colour) && foreign.size < 1000) {
      foreign.set(colour, Array.from(samples.subarray(at, at + 3), (value) => value / scale));
    }
  }
  if (foreign.size === 0) return data;
  const level = (at: number) => samples[at]! / scale;
  if (
    data.every((_, i) =>
      level(i * channels) === level(i * channels + 1) && level(i * channels) === level(i * channels + 2)
    )
  ) {
    return data.map((_, i) => level(i * channels));
  }
  const named = [...foreign.values()].slice(0, 5).map((colour) => `(${colour.join(", ")})`).join(", ");
  const more = foreign.size > 5 ? ` and ${foreign.size - 5}${foreign.size === 1000 ? " or" : ""} more` : "";
  throw new MaskError(`Expected VOC's colours in ${name} but found ${named}${more}`);
}

/** A colour as one number. */
function colourAt(values: ArrayLike<number>, at: number, scale = 1): number {
  return ((values[at]! / scale) * 256 + values[at + 1]! / scale) * 256 + values[at + 2]! / scale;
}

/**
 * The ids of a mask that fit the labels of its image: indices where the colours show a class that the labels lack, and
 * the indices do not.
 *
 * @param mask The mask.
 * @param labels Ids of the classes that the image shows.
 */
export function fittingIds({ data, indices }: Mask, labels: readonly number[]): Uint8Array {
  const known = new Set([0, 255, ...labels]), fits = (ids: Uint8Array) => distinct(ids).every((id) => known.has(id));
  return indices && !fits(data) && fits(indices) ? indices : data;
}

/** Where the masks of an image are: at `<id>.png`, or `<id>.PNG` where only that is there. */
export function maskFinder(
  root: string,
  { maskName }: Pick<ImageFiles, "maskName">,
): (id: string) => readonly [classes: string, instances: string] {
  const folders = ["SegmentationClass", "SegmentationObject"].map((name) => join(root, name));
  const exists = folders.map(isFolder);
  const pathIn = (n: 0 | 1, id: string) => {
    const path = join(folders[n]!, `${maskName(id)}.png`), other = join(folders[n]!, `${maskName(id)}.PNG`);
    return exists[n] && !isFile(path) && isFile(other) ? other : path;
  };
  return (id) => [pathIn(0, id), pathIn(1, id)];
}
