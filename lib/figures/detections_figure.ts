import type { PredictedMasks } from "../evaluation/instances.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";
import { drawInstances } from "./draw_instances.ts";
import { drawTruth } from "./draw_truth.ts";
import type { Figure } from "./figure.ts";
import { classLegend } from "./_legend.ts";
import { panelFigure } from "./_panels.ts";

/** Instances of one image that several detectors found. */
export interface DetectionRow {
  /** Id of the image. */
  readonly id: string;
  /** The photograph. */
  readonly image: RgbImage;
  /** True classes, 255 void; `null`: none are known. */
  readonly truth: LabelMap | null;
  /** True instances, 255 void; `null`: none are known. */
  readonly objects: LabelMap | null;
  /** Instances by the names of their detectors, the same in every row. */
  readonly found: Readonly<Record<string, PredictedMasks>>;
}

/**
 * What detectors find, side by side, after photograph and truth: instances from a score on, each with a colour of its
 * own, named below with their scores, best first (paper: Experiments).
 *
 * @param rows The images.
 * @param options Names of all classes, and the least score that is shown.
 * @returns The figure.
 * @throws RangeError without images, or if sizes differ.
 */
export function detectionsFigure(
  rows: readonly DetectionRow[],
  { classes, score = 0.5 }: { readonly classes: readonly string[]; readonly score?: number },
): Figure {
  if (rows.length === 0) throw new RangeError("Expected at least one image but found none");
  return panelFigure({
    title: "Instances that detectors find",
    subtitle: `Those of a score of ${score} or more, named with their scores, best first. Instances have one colour ` +
      `each, which means nothing else; white lines part true instances.`,
    columns: ["photograph", "truth", ...Object.keys(rows[0]!.found)],
    rows: rows.map(({ id, image, truth, objects, found }) => ({
      heading: id,
      panels: [
        { picture: image },
        truth && { picture: drawTruth(image, truth, objects) },
        ...Object.values(found).map((instances) => ({
          picture: drawInstances(image, {
            ...instances,
            score: Array.from(instances.score, (value) => value >= score ? value : 0), // which is not drawn
          }),
          caption: named(instances, { classes, score }),
        })),
      ],
    })),
    legend: classLegend(rows.flatMap(({ truth }) => [...new Set(truth?.data)]), classes),
  });
}

/** "cat 0.98, dog 0.75". */
function named(
  { class: labels, score: scores }: PredictedMasks,
  { classes, score }: { readonly classes: readonly string[]; readonly score: number },
): string {
  const shown = Array.from(scores, (value, n) => ({ value, name: classes[labels[n]!]! }))
    .filter(({ value }) => value >= score)
    .sort((a, b) => b.value - a.value);
  return shown.map(({ name, value }) => `${name} ${value.toFixed(2)}`).join(", ") || "nothing";
}
