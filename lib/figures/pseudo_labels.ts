import type { LabelMap, RgbImage } from "../data/image.ts";
import { worstMistake } from "../evaluation/image_records.ts";
import type { PredictedMasks } from "../evaluation/instances.ts";
import { countConfusion, emptyConfusion } from "../evaluation/segmentation.ts";
import type { Figure } from "./figure.ts";
import { drawGroundTruth, drawInstances, drawLabels } from "./labels.ts";
import { classLegend, type LegendItem } from "./_legend.ts";
import { type Panel, panelFigure } from "./_panels.ts";

/** Pseudo labels of one image, beside the ground truth. */
export interface PseudoLabelRow {
  /** Id of the image. */
  readonly id: string;
  /** RGB image, [H, W, 3] u8. */
  readonly image: RgbImage;
  /** Pseudo semantic labels. */
  readonly semantic: LabelMap;
  /** Pseudo instances; `null`: not shown. */
  readonly instances?: PredictedMasks | null;
  /** Ground-truth classes, 255 void; `null`: none are known. */
  readonly truth?: LabelMap | null;
  /** Ground-truth instances, 255 void; `null`: none are known. */
  readonly objects?: LabelMap | null;
  /** Mean IoU of the semantic labels over the labels that occur, percent; `null` without ground truth. */
  readonly iou?: number | null;
}

/**
 * Pseudo instances and pseudo semantic labels of many images, beside the ground truth that no training saw (paper:
 * Synthesizing Instance Segmentation Labels).
 *
 * @param rows The images.
 * @param options Names of all classes.
 * @returns The figure.
 * @throws RangeError without images, or if sizes differ.
 */
export function pseudoLabelsFigure(
  rows: readonly PseudoLabelRow[],
  { classes }: { readonly classes: readonly string[] },
): Figure {
  if (rows.length === 0) throw new RangeError("Expected at least one image but found none");
  return panelFigure({
    title: "Pseudo labels beside the ground truth",
    subtitle:
      "Made from class names alone. Instances have one colour each, which means nothing else; white lines part " +
      "ground-truth instances.",
    columns: ["image", "pseudo instances", "pseudo semantic labels", "ground truth"],
    rows: rows.map((row) => ({ heading: row.id, note: iouText(row.iou), panels: pseudoLabelPanels(row) })),
    legend: pseudoLabelLegend(rows, classes),
  });
}

/** Names and number of {@linkcode failuresFigure}. */
export interface FailuresFigureOptions {
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Number of images. */
  readonly count?: number;
}

/**
 * The images whose pseudo semantic labels are worst, each with the mistake that costs most pixels (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param rows Images with ground truth, good and bad; those without are left out.
 * @param options Names and number.
 * @returns The figure, worst image first.
 * @throws RangeError if no image has ground truth and an IoU.
 */
export function failuresFigure(rows: readonly PseudoLabelRow[], { classes, count = 5 }: FailuresFigureOptions): Figure {
  const worst = rows.filter(({ truth, iou }) => truth && typeof iou === "number")
    .sort((a, b) => a.iou! - b.iou!)
    .slice(0, count);
  if (worst.length === 0) throw new RangeError("Expected images with ground truth but found none");
  return panelFigure({
    title: "Failures: the images with the lowest IoU",
    subtitle: "Below each name the mean IoU over the labels that occur, and the mistake that costs most pixels.",
    columns: ["image", "pseudo instances", "pseudo semantic labels", "ground truth"],
    rows: worst.map((row) => ({
      heading: row.id,
      note: `${iouText(row.iou)}. ${failureReason(row.semantic, { truth: row.truth!, classes })}`,
      panels: pseudoLabelPanels(row),
    })),
    legend: pseudoLabelLegend(worst, classes),
  });
}

/** Truth and names for {@linkcode failureReason}. */
export interface FailureReasonOptions {
  /** Ground-truth classes, 255 void. */
  readonly truth: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * The worst of what is wrong with the labels of an image, in words: which class spills over, is missed or is taken for
 * another, and by how much.
 *
 * @param predicted Labels of an image.
 * @param options Truth and names.
 * @returns One sentence, such as `cat: 62 % missed, called background`.
 * @throws RangeError if the sizes differ or a label is not that of a class.
 */
export function failureReason(predicted: LabelMap, { truth, classes }: FailureReasonOptions): string {
  const confusion = emptyConfusion(classes.length + 1);
  countConfusion(confusion, { predicted, groundTruth: truth, uncertainIsBackground: true });
  return worstMistake(confusion, classes);
}

/** Image, instances, labels and ground truth. */
function pseudoLabelPanels({ image, semantic, instances, truth, objects }: PseudoLabelRow): (Panel | null)[] {
  return [
    { picture: image },
    instances
      ? { picture: drawInstances(image, instances), caption: counted(Array.from(instances.score, (s) => s > 0)) }
      : null,
    { picture: drawLabels(image, semantic) },
    truth
      ? {
        picture: drawGroundTruth(image, truth, objects ?? null),
        ...objects ? { caption: counted([...new Set(objects.data)].map((id) => id !== 0 && id !== 255)) } : {},
      }
      : null,
  ];
}

/** "3 instances". */
function counted(are: readonly boolean[]): string {
  const count = are.filter(Boolean).length;
  return `${count} ${count === 1 ? "instance" : "instances"}`;
}

/** The classes in any of the images, and void. */
function pseudoLabelLegend(rows: readonly PseudoLabelRow[], classes: readonly string[]): LegendItem[] {
  const ids = new Set(rows.flatMap(({ semantic, truth }) => [...new Set(semantic.data), ...new Set(truth?.data)]));
  return classLegend(ids, classes, "void");
}

/** Mean IoU of an image, for its heading. */
function iouText(iou: number | null | undefined): string {
  return iou === null || iou === undefined ? "no ground truth" : `mIoU ${iou.toFixed(1)} %`;
}
