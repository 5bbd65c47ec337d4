import type { InstanceRow, SemanticRow } from "../evaluation/comparison.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { Drawing, INK, LINE, makeFigure, MUTED, WIDTH } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawTitle } from "./_panels.ts";
import type { PublishedRow } from "./published.ts";

/** Results of {@linkcode resultsTableFigure}. */
export interface ResultsTableOptions {
  /** Results of the run. */
  readonly metrics: Pick<Metrics, "cam" | "semantic" | "ablation">;
  /** Tables of `compare`, by the names of the labels; absent: it was not made. */
  readonly comparison?: {
    readonly deepLab: { readonly split: string; readonly rows: Readonly<Record<string, SemanticRow>> };
    readonly maskRcnn: { readonly split: string; readonly rows: Readonly<Record<string, InstanceRow>> };
  } | null;
  /** Published rows, of {@linkcode publishedFor}; `null`: none are of the same data. */
  readonly published: readonly PublishedRow[] | null;
}

type Row = Omit<PublishedRow, "what"> & { readonly isPublished: boolean };

/**
 * Results of a run as the paper's tables have them, and beside them what others published on the same data, each with its
 * source (paper: Experiments).
 *
 * @param options Results.
 * @returns The figure.
 */
export function resultsTableFigure({ metrics, comparison, published }: ResultsTableOptions): Figure {
  const { cam, semantic, ablation } = metrics;
  const own = (name: string, value: number | null | undefined, source: string): Row => ({
    ...{ name, source, isPublished: false, value: value?.toFixed(1) ?? "–" },
  });
  const on = ({ images, split }: { images: number; split: string }) => `this run, ${images} images of ${split}`;
  const groups: Record<PublishedRow["what"], Row[]> = {
    "pseudo labels, mIoU": [own("CAM", cam.miou, on(cam)), own("IRNet", semantic.miou, on(semantic))],
    "pseudo instances, AP50": [
      own("CAM components", ablation.cam.ap50, `this run, ${ablation.split}`),
      own("+ class boundary", ablation.boundary.ap50, `this run, ${ablation.split}`),
      own("+ displacement", ablation.full.ap50, `this run, ${ablation.split}`),
    ],
    "DeepLab, mIoU on val": Object.entries(comparison?.deepLab.rows ?? {}).map(([name, row]) =>
      own(name, row.miou, on({ ...row, split: comparison!.deepLab.split }))
    ),
    "Mask R-CNN, AP50 on val": Object.entries(comparison?.maskRcnn.rows ?? {}).map(([name, row]) =>
      own(name, row.ap50, on({ ...row, split: comparison!.maskRcnn.split }))
    ),
  };
  for (const { what, ...row } of published ?? []) groups[what].push({ ...row, isPublished: true });
  const title = published ? "This run, and what was published" : "This run";
  const description = published
    ? "In percent. Grey rows are published numbers with their source, not measured here; the others are of this run."
    : "In percent. Published numbers stand beside runs on VOC's twenty classes only.";
  const drawing = new Drawing();
  let y = drawTitle(drawing, { title, subtitle: description }) + 8;
  for (const [what, rows] of Object.entries(groups)) {
    if (rows.length === 0) continue;
    drawing.text(what, { x: 16, y: y + 20, size: 14, bold: true, fill: INK });
    y += 30;
    for (const { name, value, source, isPublished } of rows) {
      const fill = isPublished ? MUTED : INK;
      if (isPublished) drawing.add(`<rect x="16" y="${y}" width="${WIDTH - 32}" height="24" fill="#f3f1ec"/>`);
      drawing.text(name, { x: 32, y: y + 17, size: 13, fill, bold: !isPublished });
      drawing.text(value, { x: 420, y: y + 17, size: 13, anchor: "end", fill, bold: !isPublished });
      drawing.text(isPublished ? `published: ${source}` : source, { x: 460, y: y + 17, size: 13, fill });
      drawing.add(`<path d="M16 ${y + 24}H${WIDTH - 16}" stroke="${LINE}"/>`);
      y += 24;
    }
    y += 10;
  }
  drawing.height = y + 6;
  return makeFigure({ title, description, drawing });
}
