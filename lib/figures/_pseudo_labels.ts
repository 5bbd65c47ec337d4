import { drawInstances } from "./draw_instances.ts";
import { drawLabels } from "./draw_labels.ts";
import { drawTruth } from "./draw_truth.ts";
import { classLegend, type LegendItem, VOID_COLOUR } from "./_legend.ts";
import type { Panel } from "./_panels.ts";
import type { PseudoLabelRow } from "./pseudo_labels_figure.ts";

/** Photograph, instances, labels and truth. */
export function pseudoLabelPanels({ image, semantic, instances, truth, objects }: PseudoLabelRow): (Panel | null)[] {
  return [
    { picture: image },
    instances ? { picture: drawInstances(image, instances) } : null,
    { picture: drawLabels(image, semantic) },
    truth ? { picture: drawTruth(image, truth, objects ?? null) } : null,
  ];
}

/** The classes in any of the images, and void. */
export function pseudoLabelLegend(rows: readonly PseudoLabelRow[], classes: readonly string[]): LegendItem[] {
  const ids = new Set(rows.flatMap(({ semantic, truth }) => [...new Set(semantic.data), ...new Set(truth?.data)]));
  return [
    ...classLegend(ids, classes),
    ...ids.has(255) ? [{ kind: "colour", colour: VOID_COLOUR, text: "void" } as const] : [],
  ];
}

/** How good an image is, for its heading. */
export function iouText(iou: number | null | undefined): string {
  return iou === null || iou === undefined ? "no true masks" : `mIoU ${iou.toFixed(1)} %`;
}
