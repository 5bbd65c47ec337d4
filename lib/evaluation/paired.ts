import { analyse, type Analysis, type Ends } from "./analysis.ts";
import { bootstrap, interval95, weightedMiou, weightedPrecision, type WeightedScore } from "./bootstrap.ts";
import type { ImageRecord } from "./image_records.ts";
import { bestMatches } from "./instances.ts";
import { percent } from "./percentages.ts";
import type { ClassChoice } from "./segmentation.ts";

/** One score of two runs on the same images, percent. */
export interface PairedScore {
  /** Name of the score, such as `AP50 of pseudo instances`. */
  readonly name: string;
  /** Images that both are judged on. */
  readonly images: number;
  /** Of the first run. */
  readonly own: number | null;
  /** Of the other. */
  readonly other: number | null;
  /** Own minus other lies between these on 95 of 100 draws of images, the same ones for both. */
  readonly ends: Ends | null;
}

/** Two runs on the images that both have. */
export interface PairedRuns {
  /** Scores of each. */
  readonly scores: readonly PairedScore[];
  /** What is behind those of the first run, on these images. */
  readonly own: Analysis;
  /** What is behind those of the other. */
  readonly other: Analysis;
  /** The images in the order of the first run's list: its record and the other's. */
  readonly images: readonly (readonly [own: ImageRecord, other: ImageRecord])[];
}

/**
 * Compares two runs image by image.
 *
 * @param own Records of a run.
 * @param other Those of another.
 * @param options Classes, IoU thresholds of average precision, seed of the draws.
 * @throws Error if no image is in both, or an image in both has other ground truth.
 */
export function pairRuns(
  own: readonly ImageRecord[],
  other: readonly ImageRecord[],
  { ious, seed, ...choice }: ClassChoice & { readonly ious: readonly number[]; readonly seed: number },
): PairedRuns {
  const recordOf = new Map(other.map((record) => [record.id, record]));
  const images = own.flatMap((record) => {
    const found = recordOf.get(record.id);
    return found ? [[record, found] as const] : [];
  });
  if (images.length === 0) {
    throw new Error(`Expected images of both runs but found ${own[0]?.id ?? "none"} … and ${other[0]?.id ?? "none"} …`);
  }
  for (const [a, b] of images) {
    if (truthOf(a, b) !== truthOf(b, a)) {
      throw new Error(
        `Expected the same ground truth of ${a.id} in both runs but found other pixels: not the same data`,
      );
    }
  }
  const scored = <T>(name: string, read: (record: ImageRecord) => T | null, score: (all: T[]) => WeightedScore) => {
    const both = images.flatMap((pair) => {
      const [a, b] = pair.map(read);
      return a && b ? [[a, b] as const] : [];
    });
    return { name, images: both.length, own: score(both.map(([a]) => a)), other: score(both.map(([, b]) => b)) };
  };
  const scores = [
    scored("mIoU of CAMs", ({ cam }) => cam, (all) => weightedMiou(all, choice)),
    scored("mIoU of pseudo semantic labels", ({ semantic }) => semantic, (all) => weightedMiou(all, choice)),
    ...ious.map((iou) =>
      scored(
        `AP${Math.round(iou * 100)} of pseudo instances`,
        ({ overlaps }) => overlaps,
        (all) => weightedPrecision(all.map(bestMatches), { ...choice, iou }),
      )
    ),
  ];
  return {
    scores: scores.filter((score) => score.images > 0).map(({ name, images, own, other }) => {
      const once = new Uint8Array(images).fill(1);
      const [differences] = bootstrap(images, [(weights) => own(weights) - other(weights)], { seed });
      const ends = interval95(differences!);
      return {
        name,
        images,
        own: percent(own(once)),
        other: percent(other(once)),
        ends: ends && [percent(ends[0])!, percent(ends[1])!],
      };
    }),
    own: analyse(images.map(([a]) => a), { ...choice, ious, seed }),
    other: analyse(images.map(([, b]) => b), { ...choice, ious, seed }),
    images,
  };
}

/** The ground truth of a record, as far as both know it. */
function truthOf({ semantic, overlaps }: ImageRecord, other: ImageRecord): string {
  const pixels: number[] = [];
  for (const [is, , count] of semantic && other.semantic ? semantic : []) pixels[is] = (pixels[is] ?? 0) + count;
  const areas = overlaps && other.overlaps ? overlaps.truths.map((one) => [one.class, one.area]) : [];
  return JSON.stringify([pixels, areas]);
}
