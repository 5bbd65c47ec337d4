import { imageIou } from "../evaluation/segmentation.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";
import { drawLabels } from "./draw_labels.ts";
import type { Figure } from "./figure.ts";
import { classLegend, VOID_COLOUR } from "./_legend.ts";
import { panelFigure } from "./_panels.ts";

/** Label maps of one image by several makers. */
export interface SegmentationRow {
  /** Id of the image. */
  readonly id: string;
  /** The photograph. */
  readonly image: RgbImage;
  /** True classes, 255 void; `null`: none are known. */
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
 * Label maps of several makers side by side, after photograph and truth, each with its mean IoU over the labels that
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
    columns: ["photograph", "truth", ...Object.keys(rows[0]!.labels)],
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
    legend: [
      ...classLegend(ids, classes),
      ...ids.has(255) ? [{ kind: "colour", colour: VOID_COLOUR, text: "void" } as const] : [],
    ],
  });
}
