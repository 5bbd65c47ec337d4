/** Results as a run might have them, with numbers that are found again in the report. */
import {
  analyse,
  type Analysis,
  type AveragePrecisions,
  type ImageRecord,
  imageRecord,
  type InstanceMetrics,
  type Metrics,
  type PerClass,
} from "../../lib/evaluation/mod.ts";

/** Results for some classes. */
export function exampleMetrics(classes: readonly string[]): Metrics {
  const perClass = (first: number): PerClass =>
    Object.fromEntries(classes.map((name, i) => [name, i === 1 ? null : first + i]));
  const withBackground = (first: number): PerClass => ({ background: 88.25, ...perClass(first) });
  const instances = (ap50: number): InstanceMetrics => ({
    ...{ ap25: ap50 + 20, ap50, ap70: ap50 / 2, ap75: null } as AveragePrecisions,
    perClass: { ap25: perClass(50), ap50: perClass(ap50), ap70: perClass(10), ap75: perClass(5) },
  } as InstanceMetrics);
  const sweep = (miou: number) => ({
    curve: [{ threshold: 0.1, miou: miou - 5 }, { threshold: 0.2, miou }],
    best: { threshold: 0.2, miou },
  });
  const before = (value: number) => ({ value, chosen: "before" as const, on: null });
  return {
    thresholds: {
      cam: { value: 0.1, chosen: "maps", on: "infer" },
      foreground: { value: 0.35, chosen: "masks", on: "train" },
      background: before(0.05),
      semantic: before(0.2),
      instance: before(0.25),
    },
    classification: { split: "val", images: 7, map: 81.37, perClass: perClass(80) },
    cam: { split: "infer", images: 9, threshold: 0.1, miou: 41.62, perClass: withBackground(40), ...sweep(46.62) },
    relation: { split: "train", images: 9, fgPrecision: 79.93, bgPrecision: 95, uncertain: 30, perClass: perClass(70) },
    semantic: { split: "infer", images: 9, threshold: 0.2, miou: 61.28, perClass: withBackground(60), ...sweep(61.28) },
    instance: { split: "exact", images: 5, ...instances(33.71) },
    ablation: {
      split: "exact",
      score: "maximum",
      cam: { ...instances(9.13), threshold: 0.2, byThreshold: [] },
      boundary: instances(28.46),
      full: instances(33.71),
    },
  };
}

/**
 * Results on three images of the first of two classes or more: one mask over two objects of four and two pixels, a
 * quarter of all pixels taken for background in the second image, and no ground truth in the third.
 */
export function exampleRecords(classes: readonly string[]): { records: ImageRecord[]; analysis: Analysis } {
  const labels = classes.length + 1, thresholds = { cam: 0.5, semantic: 0.5 };
  const sweep = (wrong: number) => {
    const counts = new Array<number>(labels * labels).fill(0);
    [counts[0], counts[labels], counts[labels + 1]] = [6, wrong, 6 - wrong];
    return { thresholds: [0.5], confusions: [{ labels, counts }] };
  };
  const overlaps = {
    truths: [{ class: 0, area: 4 }, { class: 0, area: 2 }],
    found: [
      { class: 0, score: 0.9, area: 6, on: [[0, 4], [1, 2]] as [number, number][] },
      { class: 0, score: 0, area: 1, on: [] }, // a fragment
    ],
  };
  const options = (id: string) => ({ id, labels: [0], names: classes, thresholds, missing: [] });
  const records = [
    imageRecord({ cam: sweep(2), semantic: sweep(2), overlaps }, options("a<1")),
    imageRecord({ cam: sweep(0), semantic: sweep(0) }, options("a2")),
    imageRecord({}, { ...options("a3"), missing: ["no instance of it: too faint"] }),
  ];
  return { records, analysis: analyse(records, { classes, ious: [0.5], seed: 0 }) };
}
