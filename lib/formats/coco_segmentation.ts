import type { LabelMap } from "../data/image.ts";
import { expectList, expectNumber, expectObject, expectSide, show } from "./_json.ts";
import { expandCounts } from "./compressed_counts.ts";
import { polygonToRuns } from "./polygon_runs.ts";
import { paintRuns, type RunLengths } from "./run_lengths.ts";

/**
 * A `segmentation` of COCO → the mask: compressed run lengths, plain ones, or a list of polygons, of which it is the
 * union.
 *
 * @param segmentation What the JSON holds.
 * @param options Size of the image, and what messages call it, such as `annotation 7 of instances.json`.
 * @returns 1 inside.
 * @throws Error naming the segmentation if it is none of the three, damaged or of another size.
 * @example
 * ```ts
 * import { readSegmentation } from "./coco_segmentation.ts";
 * readSegmentation({ size: [2, 2], counts: [2, 2] }, { height: 2, width: 2, name: "a mask" }).data; // 0 1 0 1
 * ```
 */
export function readSegmentation(
  segmentation: unknown,
  { height, width, name }: { readonly height: number; readonly width: number; readonly name: string },
): LabelMap {
  const parts = Array.isArray(segmentation)
    ? readPolygons(segmentation, { height, width, name })
    : [readRuns(segmentation, { height, width, name })];
  const data = new Uint8Array(height * width);
  for (const runs of parts) paintRuns(runs, data);
  return { height, width, data };
}

function readPolygons(
  polygons: readonly unknown[],
  { height, width, name }: { height: number; width: number; name: string },
): RunLengths[] {
  if (polygons.length === 0) throw new Error(`Expected at least one polygon in the segmentation of ${name}`);
  return polygons.map((polygon, n) => {
    const place = `polygon ${n} in the segmentation of ${name}`;
    const numbers = expectList(polygon, place).map((value) => expectNumber(value, `coordinate in ${place}`));
    try {
      return polygonToRuns(numbers, { height, width });
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}`);
    }
  });
}

function readRuns(
  value: unknown,
  { height, width, name }: { height: number; width: number; name: string },
): RunLengths {
  const { size, counts } = expectObject(value, `segmentation of ${name}`);
  const sides = expectList(size, `size in the segmentation of ${name}`)
    .map((side) => expectSide(side, `size in the segmentation of ${name}`));
  if (sides.length !== 2 || sides[0] !== height || sides[1] !== width) {
    throw new Error(`Expected a size of [${height}, ${width}] in the segmentation of ${name} but found ${show(size)}`);
  }
  const lengths = typeof counts === "string" ? expanded(counts, name) : readCounts(counts, name);
  const pixels = lengths.reduce((sum, length) => sum + length, 0);
  if (pixels !== height * width) {
    throw new Error(`Expected counts of ${height * width} pixels in the segmentation of ${name} but found ${pixels}`);
  }
  return { height, width, counts: lengths };
}

function expanded(text: string, name: string): number[] {
  try {
    return expandCounts(text);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

function readCounts(counts: unknown, name: string): number[] {
  return expectList(counts, `counts in the segmentation of ${name}`).map((count) => {
    if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
    throw new Error(`Expected whole numbers as counts in the segmentation of ${name} but found ${show(count)}`);
  });
}
