import { drawArrow, drawBox } from "./_diagram.ts";
import { Drawing, makeFigure } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawLegend } from "./_legend.ts";
import { drawTitle } from "./_panels.ts";

/**
 * The whole approach as a diagram: which network learns from what, and what is computed from its maps (paper: the
 * overall framework).
 *
 * @returns The figure.
 * @example
 * ```ts
 * import { approachFigure } from "./approach.ts";
 * const svg = await approachFigure().svg();
 * ```
 */
export function approachFigure(): Figure {
  const title = "What trains what";
  const description =
    "Class names of images are all that is given. Each network learns from what the one before it has made; " +
    "no mask is seen before the evaluation.";
  const drawing = new Drawing();
  const y = drawTitle(drawing, { title, subtitle: description }) + 10;
  const width = 168, high = 62, columns = [16, 216, 416, 616, 816], rows = [y, y + 96, y + 192, y + 288];
  const box = (column: number, row: number, text: Parameters<typeof drawBox>[2]) =>
    drawBox(drawing, { x: columns[column]!, y: rows[row]!, width, height: high }, text);
  const right = (column: number, row: number) =>
    drawArrow(drawing, [[columns[column]! + width, rows[row]! + high / 2], [
      columns[column + 1]!,
      rows[row]! + high / 2,
    ]]);
  const down = (column: number, row: number) => {
    const x = columns[column]! + width / 2;
    drawArrow(drawing, [[x, rows[row]! + high], [x, rows[row + 1]!]]);
  };

  box(0, 0, { title: "images, class names", ground: "truth" });
  box(1, 0, { title: "classifier", note: "which classes are in the image?", ground: "trained" });
  box(2, 0, { title: "CAMs", note: "where the classifier looks", ground: "result" });
  box(3, 0, { title: "confident labels", note: "thresholds and dense CRF", ground: "result" });
  box(4, 0, { title: "pairs of pixels", note: "of one class, or of two", ground: "result" });
  for (const column of [0, 1, 2, 3]) right(column, 0);
  down(4, 0);

  box(4, 1, { title: "IRNet", note: "two branches on a frozen backbone, four losses on pairs", ground: "trained" });
  box(3, 1, { title: "displacements", note: "the way to the object's centre", ground: "result" });
  box(2, 1, { title: "instance map", note: "followed to their end: one cluster an object", ground: "result" });
  const left = (column: number, row: number) =>
    drawArrow(drawing, [[columns[column]!, rows[row]! + high / 2], [
      columns[column - 1]! + width,
      rows[row]! + high / 2,
    ]]);
  left(4, 1);
  left(3, 1);
  down(4, 1);
  box(4, 2, { title: "class boundaries", note: "between objects and what they lie on", ground: "result" });
  box(3, 2, { title: "affinities", note: "1 − highest boundary between two pixels", ground: "result" });
  left(4, 2);
  box(2, 2, { title: "random walk", note: "CAMs, cut by the instance map, spread up to boundaries", ground: "result" });
  left(3, 2);
  down(2, 1);
  const cams = columns[2]! - 14;
  drawArrow(drawing, [[columns[2]!, rows[0]! + high - 10], [cams, rows[0]! + high - 10], [cams, rows[2]! + 14], [
    columns[2]!,
    rows[2]! + 14,
  ]]);

  down(2, 2);
  box(2, 3, { title: "pseudo labels", note: "what wins at each pixel: instances and classes", ground: "result" });
  box(1, 3, { title: "Mask R-CNN, DeepLab", note: "learn from pseudo labels", ground: "trained" });
  box(0, 3, { title: "masks for new images", ground: "result" });
  left(2, 3);
  left(1, 3);
  box(3, 3, { title: "evaluation", note: "mean IoU, AP", ground: "result" });
  box(4, 3, { title: "ground truth", note: "seen by the evaluation alone", ground: "truth" });
  right(2, 3);
  left(4, 3);
  drawing.height = drawLegend(drawing, [
    { kind: "ground", ground: "truth", text: "given" },
    { kind: "ground", ground: "trained", text: "network that learns from what points to it" },
    { kind: "ground", ground: "result", text: "computed" },
  ], { x: 16, y: rows[3]! + high + 14, width: 960 }) + 8;
  return makeFigure({ title, description, drawing });
}
