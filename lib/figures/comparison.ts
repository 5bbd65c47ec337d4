import type { LabelMap, RgbImage } from "../data/image.ts";
import type { SemanticRow } from "../evaluation/comparison.ts";
import type { PredictedMasks } from "../evaluation/instances.ts";
import { imageIou } from "../evaluation/segmentation.ts";
import { barFigure } from "./_bars.ts";
import { CHART_COLOURS } from "./chart.ts";
import type { Figure } from "./figure.ts";
import { drawGroundTruth, drawInstances, drawLabels } from "./labels.ts";
import { classLegend } from "./_legend.ts";
import { panelFigure } from "./_panels.ts";

/** Scores of labels, and of the network trained on them, by the names of the labels: a part of a comparison's tables. */
export interface ComparedLabels {
  /** Labels of training images. */
  readonly pseudoLabels: { readonly split: string; readonly semantic: Readonly<Record<string, SemanticRow>> };
  /** DeepLab on validation images. */
  readonly deepLab: { readonly split: string; readonly rows: Readonly<Record<string, SemanticRow>> };
}

/**
 * Worth of semantic labels: their own mean IoU, and that of DeepLab after training on them, beside DeepLab after
 * training on ground truth (paper: Experiments).
 *
 * @param tables Tables of a comparison.
 * @returns The figure.
 */
export function comparisonFigure({ pseudoLabels, deepLab }: ComparedLabels): Figure {
  const images = (rows: Readonly<Record<string, SemanticRow>>) => `${Object.values(rows)[0]?.images ?? 0} images`;
  return barFigure({
    title: "What labels are worth",
    description: `Mean IoU in percent: of the labels on ${pseudoLabels.split} (${images(pseudoLabels.semantic)}), ` +
      `and of DeepLab, trained on them, on ${deepLab.split} (${images(deepLab.rows)}).`,
    axis: "mIoU, %",
    series: [{ name: "the labels", colour: CHART_COLOURS[0]! }, {
      name: "DeepLab trained on them",
      colour: CHART_COLOURS[1]!,
    }],
    rows: Object.keys(deepLab.rows).map((name) => ({
      name,
      values: [pseudoLabels.semantic[name]?.miou ?? null, deepLab.rows[name]!.miou], // ground truth is not judged
    })),
  });
}

/** Label maps of one image by several makers. */
export interface SegmentationRow {
  /** Id of the image. */
  readonly id: string;
  /** RGB image, [H, W, 3] u8. */
  readonly image: RgbImage;
  /** Ground-truth classes, 255 void; `null`: none are known. */
  readonly truth: LabelMap | null;
  /** Label maps by the names of their makers, the same in every row. */
  readonly labels: Readonly<Record<string, LabelMap>>;
}

/** Words and names of {@linkcode segmentationsFigure}. */
export interface SegmentationsFigureOptions {
  /** Title. */
  readonly title: string;
  /** One sentence below it: what to see. */
  readonly subtitle: string;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * Label maps of several makers side by side, after image and ground truth, each with its mean IoU over the labels that
 * occur in the image (paper: Experiments).
 *
 * @param rows The images.
 * @param options Words and names.
 * @returns The figure.
 * @throws RangeError without images, or if sizes differ.
 */
export function segmentationsFigure(
  rows: readonly SegmentationRow[],
  { title, subtitle, classes }: SegmentationsFigureOptions,
): Figure {
  if (rows.length === 0) throw new RangeError("Expected at least one image but found none");
  const ids = new Set(
    rows.flatMap(({ truth, labels }) => [truth, ...Object.values(labels)].flatMap((map) => [...new Set(map?.data)])),
  );
  return panelFigure({
    title,
    subtitle,
    columns: ["image", "ground truth", ...Object.keys(rows[0]!.labels)],
    rows: rows.map(({ id, image, truth, labels }) => ({
      heading: id,
      panels: [
        { picture: image },
        truth && { picture: drawLabels(image, truth) },
        ...Object.values(labels).map((map) => ({
          picture: drawLabels(image, map),
          ...truth ? { caption: `mIoU ${(100 * imageIou(map, truth, { classes })).toFixed(1)}` } : {},
        })),
      ],
    })),
    legend: classLegend(ids, classes, "void"),
  });
}

/** Instances of one image that several detectors found. */
export interface DetectionRow {
  /** Id of the image. */
  readonly id: string;
  /** RGB image, [H, W, 3] u8. */
  readonly image: RgbImage;
  /** Ground-truth classes, 255 void; `null`: none are known. */
  readonly truth: LabelMap | null;
  /** Ground-truth instances, 255 void; `null`: none are known. */
  readonly objects: LabelMap | null;
  /** Instances by the names of their detectors, the same in every row. */
  readonly found: Readonly<Record<string, PredictedMasks>>;
}

/**
 * Instances that detectors find, side by side, after image and ground truth: those from a score on, each with a colour
 * of its own, named below with their scores, best first (paper: Experiments).
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
      `each, which means nothing else; white lines part ground-truth instances.`,
    columns: ["image", "ground truth", ...Object.keys(rows[0]!.found)],
    rows: rows.map(({ id, image, truth, objects, found }) => ({
      heading: id,
      panels: [
        { picture: image },
        truth && { picture: drawGroundTruth(image, truth, objects) },
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
