import { Buffer } from "node:buffer";
import type { LabelMap, RgbImage } from "../data/image.ts";
import { resizeLabel } from "../data/resize.ts";
import {
  detectedRuns,
  groundTruthRuns,
  type InstanceRuns,
  matchRuns,
  type PredictedMasks,
  resizeInstances,
} from "../evaluation/instances.ts";
import type { Rgb } from "./colours.ts";
import { type Box, scaled } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { type Canvas, expectProportions, greyed, lineWidth, onRim, paint } from "./_paint.ts";
import { type Panel, panelFigure } from "./_panels.ts";
import { textSvg, textWidth } from "./_text.ts";

/** Instances and the ground truth they are held against. */
export interface JudgedInstancesOptions {
  /** Masks of the image. */
  readonly instances: PredictedMasks;
  /** Ground-truth classes, 255 void. */
  readonly truth: LabelMap;
  /** Ground-truth instances, 255 void. */
  readonly objects: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** IoU from which on a mask is right. */
  readonly iou?: number;
}

/** Right and wrong masks, found and missed ground truth: apart without colour vision. */
const RIGHT: Rgb = [0, 114, 178], WRONG: Rgb = [213, 94, 0], FOUND: Rgb = [255, 255, 255], MISSED: Rgb = [255, 210, 63];

/** Longest side of a picture with names, pixels: letters are legible on small images too. */
const LEGIBLE = 480;

/**
 * Instance masks with class and score, right or wrong: right are those that reach the IoU with an instance of their
 * class that no higher score has taken, as average precision counts (paper: Experiments). Lines are the ground truth.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Masks and ground truth.
 * @returns A picture whose longest side has at least 480 pixels, with names.
 * @throws RangeError if the proportions differ; what has another size is resized.
 */
export async function drawJudgedInstances(image: RgbImage, options: JudgedInstancesOptions): Promise<RgbImage> {
  const { picture, over } = judgedPanel(image, options);
  const scale = Math.max(1, LEGIBLE / Math.max(image.height, image.width));
  const box = { x: 0, y: 0, width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${box.width}" height="${box.height}">` +
    `${over!({ ...box, scale })}</svg>`;
  const { data } = await scaled(picture, { ...box, isSharp: true }).composite([{ input: Buffer.from(svg) }])
    .removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { height: box.height, width: box.width, data: new Uint8Array(data) };
}

/** One image of {@linkcode judgedInstancesFigure}. */
export interface JudgedRow extends Omit<JudgedInstancesOptions, "classes" | "iou"> {
  /** Id of the image. */
  readonly id: string;
  /** RGB image, [H, W, 3] u8. */
  readonly image: RgbImage;
}

/**
 * Instance masks of images with class and score, right or wrong, and the ground truth as outlines (paper: Experiments).
 *
 * @param rows The images.
 * @param options Names of all classes, and the IoU from which on a mask is right.
 * @returns The figure.
 * @throws RangeError without images, or if sizes differ.
 */
export function judgedInstancesFigure(
  rows: readonly JudgedRow[],
  { classes, iou = 0.5 }: { readonly classes: readonly string[]; readonly iou?: number },
): Figure {
  if (rows.length === 0) throw new RangeError("Expected at least one image but found none");
  return panelFigure({
    title: `Masks, right or wrong at IoU ${iou}`,
    subtitle:
      "A mask is right if its IoU with an instance of its class is high enough and no mask of a higher score has " +
      "taken that. Masks are named with their scores.",
    columns: ["image", "masks and ground truth"],
    rows: rows.map(({ id, image, ...row }) => ({
      heading: id,
      panels: [{ picture: image }, judgedPanel(image, { ...row, classes, iou })],
    })),
    legend: [
      { kind: "colour", colour: RIGHT, text: "right" },
      { kind: "colour", colour: WRONG, text: "wrong" },
      { kind: "colour", colour: FOUND, text: "outline: ground truth that a right mask covers" },
      { kind: "colour", colour: MISSED, text: "outline: ground truth that is missed" },
    ],
  });
}

/** Painted masks and outlines, with names to lay over them. */
function judgedPanel(
  image: RgbImage,
  { instances, truth, objects, classes, iou = 0.5 }: JudgedInstancesOptions,
): Panel {
  for (const map of [instances, truth, objects]) expectProportions(map, image);
  const size = image.height * image.width, small = resizeInstances(instances, image);
  const { mask, score } = small;
  const { isRight, isFound } = judge(small, { truths: groundTruthRuns(objects, truth, image), iou });
  const order = Array.from(score, (_, n) => n).filter((n) => score[n]! > 0).sort((a, b) => score[a]! - score[b]!);
  const canvas = greyed(image), top = new Int32Array(size), reach = lineWidth(image);
  for (const n of order) for (let i = 0; i < size; i++) if (mask[n * size + i]) top[i] = n + 1;
  for (let i = 0; i < size; i++) {
    if (top[i] === 0) continue;
    const rim = onRim(top, i, { ...image, reach });
    paint(canvas, i, { colour: isRight[top[i]! - 1] ? RIGHT : WRONG, opacity: rim ? 1 : 0.55 });
  }
  outline(canvas, { objects, isFound });
  const names = order.map((n) => ({
    text: `${classes[small.class[n]!] ?? "?"} ${score[n]!.toFixed(2)}`,
    ...middle(top, n + 1, image),
  }));
  return {
    picture: canvas,
    caption: `${isRight.filter(Boolean).length} right, ${order.length - isRight.filter(Boolean).length} wrong, ` +
      `${isFound.filter((found) => !found).length} missed`,
    over: (box) => names.filter(({ area }) => area > 0).map((name) => nameSvg(name, box)).join(""),
  };
}

/** Which masks are right, and which ground-truth instances one of them covers. */
function judge(
  predicted: PredictedMasks,
  { truths, iou }: { truths: readonly InstanceRuns[]; iou: number },
): { isRight: boolean[]; isFound: boolean[] } {
  const { found } = matchRuns(detectedRuns(predicted), truths);
  const isFound = truths.map(() => false), isRight = found.map(() => false);
  const order = found.map((_, n) => n).sort((a, b) => found[b]!.score - found[a]!.score);
  for (const n of order) {
    const { truth, iou: reached, score } = found[n]!;
    if (truth < 0 || score <= 0 || reached < iou || isFound[truth]) continue;
    isRight[n] = isFound[truth] = true;
  }
  return { isRight, isFound };
}

/** Lines around ground-truth instances, which are numbered by their ids' order in the map as it is. */
function outline(canvas: Canvas, { objects, isFound }: { objects: LabelMap; isFound: readonly boolean[] }): void {
  const ids = [...new Set(objects.data)].filter((id) => id !== 0 && id !== 255).sort((a, b) => a - b);
  const { data } = resizeLabel(objects, canvas), reach = lineWidth(canvas);
  for (let i = 0; i < data.length; i++) {
    const place = ids.indexOf(data[i]!);
    if (place < 0 || !onRim(data, i, { ...canvas, reach })) continue;
    paint(canvas, i, { colour: isFound[place] ? FOUND : MISSED, opacity: 1 });
  }
}

/** Area and middle of what is seen of a mask. */
function middle(top: Int32Array, value: number, { width }: RgbImage): { area: number; y: number; x: number } {
  let area = 0, y = 0, x = 0;
  for (let i = 0; i < top.length; i++) {
    if (top[i] !== value) continue;
    area++;
    y += Math.floor(i / width);
    x += i % width;
  }
  return { area, y: y / Math.max(area, 1), x: x / Math.max(area, 1) };
}

/** A name on a dark ground, kept within the picture. */
function nameSvg(
  { text, x, y }: { text: string; x: number; y: number },
  box: Box & { readonly scale: number },
): string {
  const size = Math.max(12, box.width / 30), width = textWidth(text, size) + 8, high = size + 4;
  const left = Math.min(Math.max(box.x + (x + 0.5) * box.scale - width / 2, box.x), box.x + box.width - width);
  const top = Math.min(Math.max(box.y + (y + 0.5) * box.scale - high / 2, box.y), box.y + box.height - high);
  return `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${
    high.toFixed(1)
  }" rx="3" fill="#000" ` +
    `fill-opacity="0.7"/>${textSvg(text, { x: left + 4, y: top + size, size, fill: "#fff" })}`;
}
