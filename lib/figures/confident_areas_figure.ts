import type { LabelMap, RgbImage } from "../data/image.ts";
import { drawLabels } from "./draw_labels.ts";
import { drawTruth } from "./draw_truth.ts";
import type { Figure } from "./figure.ts";
import { classLegend, type LegendItem, VOID_COLOUR } from "./_legend.ts";
import { panelFigure } from "./_panels.ts";

/** Labels of {@linkcode confidentAreasFigure}. */
export interface ConfidentAreasOptions {
  /** Confident labels as the thresholds give them: those of a CRF of no iterations. */
  readonly before: LabelMap;
  /** Confident labels after the CRF. */
  readonly after: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** True classes, 255 void; `null`: none are known. */
  readonly truth?: LabelMap | null;
}

/**
 * Areas of confident foreground, confident background and of neither, before and after the dense CRF moves them to the
 * edges of the image (paper: Inter-pixel Relation Mining from CAMs).
 *
 * @param image The photograph.
 * @param options The labels.
 * @returns The figure.
 * @throws RangeError if sizes differ.
 */
export function confidentAreasFigure(
  image: RgbImage,
  { before, after, classes, truth = null }: ConfidentAreasOptions,
): Figure {
  const area = (labels: LabelMap, caption: string) => ({
    picture: drawLabels(image, labels),
    caption: `${caption}: ${shares(labels)}`,
  });
  const background: LegendItem = { kind: "colour", colour: [128, 128, 128], text: "background (photograph in grey)" };
  return panelFigure({
    title: "Confident areas before and after the CRF",
    subtitle:
      "Class colours: surely that class. Grey photograph: surely background. Light: uncertain, not learned from.",
    rows: [{
      panels: [
        { picture: image, caption: "photograph" },
        area(before, "by thresholds"),
        area(after, "after the CRF"),
        ...truth ? [{ picture: drawTruth(image, truth), caption: "truth (light: void)" }] : [],
      ],
    }],
    legend: [
      ...classLegend([...before.data, ...after.data, ...truth?.data ?? []], classes),
      background,
      { kind: "colour", colour: VOID_COLOUR, text: "uncertain" },
    ],
  });
}

function shares({ data }: LabelMap): string {
  let background = 0, uncertain = 0;
  for (const label of data) {
    if (label === 0) background++;
    if (label === 255) uncertain++;
  }
  const percent = (count: number) => `${(100 * count / data.length).toFixed(0)}\u00a0%`;
  return `${percent(data.length - background - uncertain)} foreground, ${percent(background)} background, ` +
    `${percent(uncertain)} uncertain`;
}
