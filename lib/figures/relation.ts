import type { LabelMap, RgbImage } from "../data/image.ts";
import { resizeLabel } from "../data/resize.ts";
import { pairLabels } from "../relation/pair_labels.ts";
import { classPalette, colourAt, type Rgb, STRIPES } from "./colours.ts";
import type { Box } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawGroundTruth, drawLabels } from "./labels.ts";
import { classLegend, type LegendItem } from "./_legend.ts";
import { expectWithin, outlined, pairsOfMiddle, valuesAround, type Window } from "./_neighbourhood.ts";
import { type Panel, panelFigure } from "./_panels.ts";

/** Labels of {@linkcode confidentAreasFigure}. */
export interface ConfidentAreasOptions {
  /** Confident labels as the thresholds give them: those of a CRF of no iterations. */
  readonly before: LabelMap;
  /** Confident labels after the CRF. */
  readonly after: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Ground-truth classes, 255 void; `null`: none are known. */
  readonly truth?: LabelMap | null;
}

/**
 * Areas of confident foreground, confident background and of neither, before and after the dense CRF moves them to the
 * edges of the image (paper: Inter-pixel Relation Mining from CAMs).
 *
 * @param image RGB image, [H, W, 3] u8.
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
    caption: `${caption}: ${fractions(labels)}`,
  });
  const background: LegendItem = { kind: "colour", colour: [128, 128, 128], text: "background (image in grey)" };
  return panelFigure({
    title: "Confident areas before and after the CRF",
    subtitle: "Class colours: surely that class. Grey image: surely background. Stripes: uncertain, not learned from.",
    rows: [{
      panels: [
        { picture: image, caption: "image" },
        area(before, "by thresholds"),
        area(after, "after the CRF"),
        ...truth ? [{ picture: drawGroundTruth(image, truth), caption: "ground truth (stripes: void)" }] : [],
      ],
    }],
    legend: [
      ...classLegend([...before.data, ...after.data, ...truth?.data ?? []], classes),
      background,
      { kind: "stripes", of: "uncertain", text: "uncertain" },
    ],
  });
}

/** Foreground, background and uncertain pixels in percent. */
function fractions({ data }: LabelMap): string {
  let background = 0, uncertain = 0;
  for (const label of data) {
    if (label === 0) background++;
    if (label === 255) uncertain++;
  }
  const percent = (count: number) => `${(100 * count / data.length).toFixed(0)}\u00a0%`;
  return `${percent(data.length - background - uncertain)} foreground, ${percent(background)} background, ` +
    `${percent(uncertain)} uncertain`;
}

/** Labels and place of {@linkcode relationFigure}. */
export interface RelationFigureOptions {
  /** Confident labels of the image's size. */
  readonly labels: LabelMap;
  /** Row and column of the pixel in the middle, at stride 4; absent: one with relations of many kinds. */
  readonly pixel?: readonly [number, number];
  /** Radius γ of the neighbourhood, pixels at stride 4. */
  readonly radius: number;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

type Kind = "background" | "foreground" | "negative" | "ignored";

/** Colours that stay apart without colour vision; ignored pairs are dotted besides. */
const PAIRS: Record<Kind, { readonly colour: string; readonly text: string }> = {
  foreground: { colour: "#0072b2", text: "positive, foreground" },
  background: { colour: "#56b4e9", text: "positive, background" },
  negative: { colour: "#d55e00", text: "negative" },
  ignored: { colour: "#9a9a9a", text: "ignored" },
};

/**
 * Mining of relations between pixels: the neighbourhood of one pixel within the radius γ, the pseudo classes in it, and
 * what each pair with the pixel in the middle teaches (paper: Inter-pixel Relation Mining from CAMs). Pairs of one
 * class are positive, of different classes negative; pairs with an uncertain pixel are ignored.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Labels and place.
 * @returns The figure.
 * @throws RangeError if the sizes differ, or the pixel lies outside.
 */
export function relationFigure(image: RgbImage, { labels, pixel, radius, classes }: RelationFigureOptions): Figure {
  const size = { height: Math.ceil(labels.height / 4), width: Math.ceil(labels.width / 4) };
  const small = resizeLabel(labels, size);
  const [row, column] = pixel ?? tellingPixel(small, Math.ceil(radius) - 1);
  expectWithin([row, column], size);
  const window = cropAround(small, { row, column, reach: Math.ceil(radius) - 1 });
  const kinds = pairsWithMiddle(window, radius);
  const count = (kind: Kind) => kinds.filter(({ is }) => is === kind).length;

  const lines: LegendItem[] = (["foreground", "background", "negative", "ignored"] as const).map((kind) => ({
    kind: "line",
    colour: PAIRS[kind].colour,
    text: `${PAIRS[kind].text}: ${count(kind)}`,
    ...(kind === "ignored" ? { dash: "2 4" } : {}),
  }));
  const own = small.data[row * size.width + column]!;
  const name = own === 255 ? "uncertain" : own === 0 ? "background" : classes[own - 1] ?? String(own);
  return panelFigure({
    title: `Relation mining around one pixel, radius γ = ${radius}`,
    subtitle:
      `The pixel at row ${row}, column ${column} (stride 4) is ${name}. Pairs of one class teach that nothing ` +
      "separates them, pairs of different classes that a boundary does; uncertain pixels teach nothing.",
    rows: [{
      panels: [
        {
          picture: drawLabels(image, labels),
          caption: "confident labels and the neighbourhood",
          over: (box) => circle(box, { row, column, radius, stride: image.width / size.width }),
        },
        {
          picture: coloured(window),
          isSharp: true,
          caption: `pseudo classes of the ${window.width}×${window.height} pixels at stride 4, and the pairs`,
          over: (box) => lineSvg(box, kinds, window.width),
        },
      ],
    }],
    legend: [
      ...lines,
      ...classLegend(small.data, classes),
      { kind: "colour", colour: BACKGROUND, text: "background" },
      { kind: "stripes", of: "uncertain", text: "uncertain" },
    ],
  });
}

/** A pixel's pairs within a radius, over the labels around it; labels are at stride 4. */
export function relationPanel(
  labels: LabelMap,
  { row, column, radius }: { row: number; column: number; radius: number },
): Panel {
  const window = cropAround(labels, { row, column, reach: Math.ceil(radius) - 1 });
  const kinds = pairsWithMiddle(window, radius);
  const counts = (["foreground", "background", "negative", "ignored"] as const).map((kind) =>
    `${PAIRS[kind].text} ${kinds.filter(({ is }) => is === kind).length}`
  );
  return {
    picture: coloured(window),
    isSharp: true,
    caption: `pairs: ${counts.join(", ")}`,
    over: (box) => lineSvg(box, kinds, window.width),
  };
}

const BACKGROUND: Rgb = [70, 74, 80];

/** A foreground pixel around which labels are mixed most evenly; the middle of the map without any. */
function tellingPixel(labels: LabelMap, reach: number): readonly [number, number] {
  const { height, width, data } = labels;
  let best: readonly [number, number] = [height >> 1, width >> 1], most = 0;
  for (let row = reach; row < height - reach; row++) {
    for (let column = reach; column < width - reach; column++) {
      const own = data[row * width + column]!;
      if (own === 0 || own === 255) continue;
      let same = 0, other = 0, uncertain = 0;
      for (const label of cropAround(labels, { row, column, reach }).data) {
        if (label === own) same++;
        else if (label === 255) uncertain++;
        else other++;
      }
      const mixed = same * other * (uncertain + 1);
      if (mixed > most) [best, most] = [[row, column], mixed];
    }
  }
  return best;
}

/** The pixels around one; outside of the map they are uncertain. */
function cropAround(labels: LabelMap, window: Window): LabelMap {
  const side = 2 * window.reach + 1;
  return { height: side, width: side, data: Uint8Array.from(valuesAround(labels, window, 255)) };
}

/** Kinds of the pairs with the middle of the window, by the position of the other pixel. */
function pairsWithMiddle({ data }: LabelMap, radius: number): { y: number; x: number; is: Kind }[] {
  const { index, size, room, neighbours } = pairsOfMiddle(data, radius, 255);
  const labels = pairLabels(room, { index, size });
  const kindOf = (pair: number): Kind =>
    (["background", "foreground", "negative"] as const).find((kind) => labels[kind][pair]) ?? "ignored";
  return neighbours.map(({ y, x, pair }) => ({ y, x, is: kindOf(pair) }));
}

function coloured({ height, width, data }: LabelMap): RgbImage {
  const palette = classPalette(), out = new Uint8Array(data.length * 3);
  data.forEach((label, i) =>
    out.set(label === 255 ? STRIPES.uncertain[0] : label === 0 ? BACKGROUND : colourAt(palette, label), i * 3)
  );
  return { height, width, data: out };
}

function circle(
  { x, y, scale }: Box & { scale: number },
  { row, column, radius, stride }: { row: number; column: number; radius: number; stride: number },
): string {
  const cx = x + (column + 0.5) * stride * scale, cy = y + (row + 0.5) * stride * scale, r = radius * stride * scale;
  return outlined(`<circle cx="${cx}" cy="${cy}" r="${r}"`) +
    `<circle cx="${cx}" cy="${cy}" r="2.5" fill="#fff" stroke="#000"/>`;
}

/** Lines from the middle; the far end of each is a dot, so that all can be told apart. */
function lineSvg({ x, y, width }: Box, kinds: ReturnType<typeof pairsWithMiddle>, side: number): string {
  const cell = width / side, at = (place: number) => (place + 0.5) * cell, middle = at((side - 1) / 2);
  const order: Kind[] = ["ignored", "background", "foreground", "negative"];
  const sorted = [...kinds].sort((a, b) => order.indexOf(a.is) - order.indexOf(b.is));
  const lines = sorted.map((pair) => {
    const { colour } = PAIRS[pair.is], dash = pair.is === "ignored" ? ` stroke-dasharray="1 4"` : "";
    const px = at(pair.x).toFixed(1), py = at(pair.y).toFixed(1);
    return `<path d="M${middle} ${middle}L${px} ${py}" stroke="${colour}" stroke-width="1" stroke-opacity="0.6"${dash}/>` +
      `<circle cx="${px}" cy="${py}" r="${cell * 0.2}" fill="${colour}" stroke="#fff" stroke-width="1"/>`;
  });
  const grid = Array.from({ length: side + 1 }, (_, i) => `M${i * cell} 0V${width}M0 ${i * cell}H${width}`).join("");
  return `<g transform="translate(${x} ${y})"><path d="${grid}" stroke="#fff" stroke-opacity="0.25"/>${
    lines.join("")
  }` +
    `<circle cx="${middle}" cy="${middle}" r="${cell * 0.32}" fill="#fff" stroke="#000" stroke-width="2"/></g>`;
}
