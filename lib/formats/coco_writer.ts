import { placeFile } from "../files/disk.ts";
import { compressCounts, maskToRuns, measureRuns } from "./run_lengths.ts";

/**
 * Instances of an image; `Instances` of the synthesis fits.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `class` | [N] | integers | 0-based |
 * | `mask` | [N, H, W] | u8 | not zero inside |
 * | `score` | [N] | numbers | confidence 0…1 |
 */
export interface ExportedInstances {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Class of each instance, 0-based. */
  readonly class: ArrayLike<number>;
  /** N·H·W values. */
  readonly mask: Uint8Array;
  /** Confidence of each instance; absent: ground truth, which has none. */
  readonly score?: ArrayLike<number>;
}

/** Image and its instances. */
export interface CocoEntry {
  /** Its number, or text as the file of COCO has it that the labels are from. */
  readonly id: number | string;
  /** Name of the file. */
  readonly fileName: string;
  /** Its instances. */
  readonly instances: ExportedInstances;
}

/** Counts of what was written. */
export interface CocoCounts {
  /** Images, those without instances included. */
  images: number;
  /** Annotations. */
  annotations: number;
}

/** Instance as COCO stores it. */
export interface CocoRecord {
  /** Number of the image. */
  readonly image_id: number | string;
  /** Number of the class. */
  readonly category_id: number;
  /** Compressed run lengths. */
  readonly segmentation: { readonly size: readonly [height: number, width: number]; readonly counts: string };
  /** Pixels inside. */
  readonly area: number;
  /** Left, top, width, height. */
  readonly bbox: readonly number[];
  /** Confidence. */
  readonly score?: number;
}

/**
 * Makes COCO's records of the instances of an image; empty masks are left out.
 *
 * @param entry The image.
 * @param categories Numbers of the classes; default: index + 1.
 * @throws RangeError if the masks hold another number of values than classes and size say.
 */
export function cocoRecords({ id, instances }: CocoEntry, categories?: readonly number[]): CocoRecord[] {
  const { height, width, class: classes, mask, score } = instances;
  const size = height * width;
  if (mask.length !== classes.length * size) {
    throw new RangeError(`Expected masks of ${classes.length}×${height}×${width} values but found ${mask.length}`);
  }
  return Array.from(classes).flatMap((c, n) => {
    const runs = maskToRuns({ height, width, data: mask.subarray(n * size, (n + 1) * size) });
    const { area, box } = measureRuns(runs);
    if (area === 0) return [];
    return {
      image_id: id,
      category_id: categories?.[c] ?? c + 1,
      segmentation: { size: [height, width], counts: compressCounts(runs.counts) },
      area,
      bbox: box,
      ...(score ? { score: score[n]! } : {}),
    };
  });
}

/**
 * Writes a data set in COCO's format, image by image: only one line for each image is held in memory. Annotations are
 * numbered from 1.
 *
 * @param path The file, which appears when all is written.
 * @param entries The images.
 * @param options Class names, their numbers (default: index + 1), and what the file says it is.
 * @returns How much was written.
 */
export async function writeCocoDataset(
  path: string,
  entries: AsyncIterable<CocoEntry>,
  { classes, description, categories: numbers }: {
    readonly classes: readonly string[];
    readonly description: string;
    readonly categories?: readonly number[] | undefined;
  },
): Promise<CocoCounts> {
  const categories = classes.map((name, n) => ({ id: numbers?.[n] ?? n + 1, name, supercategory: "object" }));
  const images: string[] = [];
  const counts = { images: 0, annotations: 0 };
  const text = async function* () {
    yield `{"info":${JSON.stringify({ description })},\n"licenses":[],\n"categories":${JSON.stringify(categories)},\n`;
    yield `"annotations":[`;
    for await (const entry of entries) {
      const { id, fileName, instances: { height, width } } = entry;
      images.push(JSON.stringify({ id, file_name: fileName, width, height }));
      for (const record of cocoRecords(entry, numbers)) {
        yield `${counts.annotations++ > 0 ? "," : ""}\n${
          JSON.stringify({ id: counts.annotations, iscrowd: 0, ...record })
        }`;
      }
    }
    counts.images = images.length;
    yield `],\n"images":[\n${images.join(",\n")}]}\n`;
  };
  await placeFile(path, encoded(text()));
  return counts;
}

/**
 * Writes COCO's results format: a list of `image_id`, `category_id`, `segmentation`, `bbox` and `score`.
 *
 * @param path The file, which appears when all is written.
 * @param entries The images, with scores.
 * @param categories Numbers of the classes; default: index + 1.
 * @returns How much was written.
 */
export async function writeCocoResults(
  path: string,
  entries: AsyncIterable<CocoEntry>,
  categories?: readonly number[],
): Promise<CocoCounts> {
  const counts = { images: 0, annotations: 0 };
  const text = async function* () {
    yield "[";
    for await (const entry of entries) {
      counts.images++;
      for (const { area: _, ...result } of cocoRecords(entry, categories)) {
        yield `${counts.annotations++ > 0 ? "," : ""}\n${JSON.stringify(result)}`;
      }
    }
    yield "]\n";
  };
  await placeFile(path, encoded(text()));
  return counts;
}

const PIECE = 1 << 16;

// characters gathered before they are written

/** Bytes of text, in larger pieces. */
async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting = "";
  for await (const piece of text) {
    waiting += piece;
    if (waiting.length < PIECE) continue;
    yield encoder.encode(waiting);
    waiting = "";
  }
  yield encoder.encode(waiting);
}

/**
 * Numbers images as COCO wants it: the digits of ids such as `2007_000033` if all ids are of digits, else the
 * places in the list, from 1.
 *
 * @param ids The list.
 * @param given Numbers that a file of COCO gives them.
 * @returns A number for each id, all different.
 * @example
 * ```ts
 * import { imageNumbers } from "./coco_writer.ts";
 * imageNumbers(["2007_000033", "2007_000042"]); // 2007000033 2007000042
 * imageNumbers(["cat", "dog"]); // 1 2
 * ```
 */
export function imageNumbers(
  ids: readonly string[],
  given?: ReadonlyMap<string, { readonly id: number | string }>,
): (number | string)[] {
  if (given) return ids.map((id) => given.get(id)!.id);
  const digits = ids.map((id) => /^\d+(_\d+)*$/.test(id) ? Number(id.replaceAll("_", "")) : NaN);
  const fit = digits.every((n) => Number.isSafeInteger(n) && n > 0) && new Set(digits).size === ids.length;
  return fit ? digits : ids.map((_, n) => n + 1);
}
