import type { LabelMap, RgbImage } from "../data/image.ts";
import { countConfusion, emptyConfusion, segmentationScores } from "../evaluation/segmentation.ts";
import { applyThreshold, type ScoredLabels } from "../synthesis/synthesize_semantic.ts";
import { drawCam } from "./cam.ts";
import type { Figure } from "./figure.ts";
import { drawGroundTruth, drawLabels } from "./labels.ts";
import { classLegend, type LegendItem } from "./_legend.ts";
import type { ScalarMap } from "./maps.ts";
import { inRows, panelFigure } from "./_panels.ts";
import { gridPlotly } from "./_stepped.ts";

/** Scores and thresholds of {@linkcode thresholdFigure}. */
export interface ThresholdFigureOptions {
  /** The best class of every pixel and its score: of CAMs, or of pseudo labels. */
  readonly scored: ScoredLabels;
  /** Background scores to step through, ascending. */
  readonly thresholds?: readonly number[];
  /** The one in use. */
  readonly current?: number;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Ground-truth classes, 255 void; `null`: none are known. */
  readonly truth?: LabelMap | null;
  /** Title of the figure. */
  readonly title?: string;
}

const THRESHOLDS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6];

/**
 * Foreground that a threshold on class scores leaves: labels at several background scores, with their mean IoU where
 * ground truth are known (paper: Class Attention Maps for CAMs; Synthesizing Instance Segmentation Labels for pseudo
 * labels). Interactive: a slider over the threshold, and scores at the pointer.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Scores and thresholds.
 * @returns The figure.
 * @throws RangeError if sizes differ.
 */
export function thresholdFigure(image: RgbImage, options: ThresholdFigureOptions): Figure {
  const { scored, classes, truth = null, title = "Labels by the score of the background" } = options;
  const { thresholds = THRESHOLDS, current } = options;
  const all = [...new Set(current === undefined ? thresholds : [...thresholds, current])].sort((a, b) => a - b);
  const steps = all.map((threshold) => {
    const labels = applyThreshold(scored, threshold);
    const iou = truth && meanIou(labels, { truth, classes });
    return {
      threshold,
      label: threshold.toFixed(2),
      picture: drawLabels(image, labels),
      note: [threshold === current && "in use", iou !== null && `mIoU ${iou.toFixed(1)} %`].filter(Boolean).join(", "),
    };
  });
  const shown = spread(steps.length, truth ? 5 : 6, all.indexOf(current ?? NaN)).map((n) => steps[n]!);
  const panels = [
    { picture: image, caption: "image" },
    { picture: drawCam(image, { ...scored, data: scored.score }), caption: "highest score of the classes" },
    ...shown.map(({ label, note, picture }) => ({
      picture,
      caption: [`score > ${label}`, note].filter(Boolean).join(", "),
    })),
    ...truth ? [{ picture: drawGroundTruth(image, truth), caption: "ground truth" }] : [],
  ];
  const scale: LegendItem = { kind: "scale", map: "viridis", from: "0", to: "1", text: "score" };
  return panelFigure({
    title,
    subtitle: "A pixel takes its best class if that scores higher than the threshold, else it is background: low " +
      "thresholds spill over the object, high ones leave parts of it out.",
    rows: inRows(panels, 4),
    legend: [scale, ...classLegend([...scored.label, ...truth?.data ?? []], classes, "void")],
    plotly: () =>
      gridPlotly({
        ...{ title, slider: "threshold", steps, active: Math.max(all.indexOf(current ?? NaN), 0) },
        panels: [
          { heading: "image", pictures: [image] },
          {
            heading: "highest score of the classes",
            values: [{
              ...shrunk({ ...scored, data: scored.score }),
              colours: "viridis",
              from: 0,
              to: 1,
              name: "score",
            }],
          },
          { heading: "labels", pictures: steps.map(({ picture }) => picture) },
          ...truth ? [{ heading: "ground truth", pictures: [drawGroundTruth(image, truth)] }] : [],
        ],
      }),
  });
}

/** Mean IoU over background and the classes that occur, percent. */
function meanIou(predicted: LabelMap, { truth, classes }: { truth: LabelMap; classes: readonly string[] }): number {
  const confusion = emptyConfusion(classes.length + 1);
  countConfusion(confusion, { predicted, groundTruth: truth });
  return 100 * segmentationScores(confusion, { classes }).mean;
}

/** `count` of `length` places at equal distances, one of which is moved onto `must`. */
function spread(length: number, count: number, must: number): number[] {
  if (length <= count) return Array.from({ length }, (_, n) => n);
  const places = Array.from({ length: count }, (_, n) => Math.round(n * (length - 1) / (count - 1)));
  if (must >= 0 && !places.includes(must)) {
    const nearest = places.reduce((a, b) => Math.abs(b - must) < Math.abs(a - must) ? b : a);
    places[places.indexOf(nearest)] = must;
  }
  return places;
}

/** Every fourth pixel: as many values as a page carries easily. */
function shrunk({ height, width, data }: ScalarMap): ScalarMap {
  const rows = Math.ceil(height / 4), columns = Math.ceil(width / 4);
  const few = Float32Array.from(
    { length: rows * columns },
    (_, i) => data[Math.floor(i / columns) * 4 * width + i % columns * 4]!,
  );
  return { height: rows, width: columns, data: few };
}
