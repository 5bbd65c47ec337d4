import {
  classPalette,
  colourAt,
  colourMap,
  type ColourMapName,
  drawColourWheel,
  type Rgb,
  STRIPES,
  type StripesName,
} from "./colours.ts";
import { GROUNDS } from "./_diagram.ts";
import { type Drawing, INK, MUTED } from "./_drawing.ts";
import { textWidth } from "./_text.ts";

/** What a colour or a line of a figure means. */
export type LegendItem =
  | { readonly kind: "colour"; readonly colour: Rgb; readonly text: string }
  | { readonly kind: "stripes"; readonly of: StripesName; readonly text: string }
  | { readonly kind: "ground"; readonly ground: keyof typeof GROUNDS; readonly text: string }
  | { readonly kind: "point"; readonly colour: string; readonly text: string }
  | { readonly kind: "line"; readonly colour: string; readonly text: string; readonly dash?: string }
  | {
    readonly kind: "scale";
    readonly map: ColourMapName;
    readonly from: string;
    readonly to: string;
    readonly text: string;
  }
  | { readonly kind: "wheel"; readonly text: string };

const SIZE = 13, GAP = 26, MARK = { colour: 14, stripes: 14, ground: 18, point: 12, line: 22, scale: 96, wheel: 40 };

/** Colours of the classes with these ids, in ascending order; with `voidText` also that of 255, if it occurs. */
export function classLegend(ids: Iterable<number>, classes: readonly string[], voidText?: string): LegendItem[] {
  const palette = classPalette(), present = [...new Set(ids)].sort((a, b) => a - b);
  const items: LegendItem[] = present.filter((id) => id > 0 && id <= classes.length)
    .map((id) => ({ kind: "colour", colour: colourAt(palette, id), text: classes[id - 1]! }));
  if (voidText !== undefined && present.at(-1) === 255) {
    items.push({ kind: "stripes", of: "uncertain", text: voidText });
  }
  return items;
}

/** Draws the items in rows from (x, y) down, and returns where they end. */
export function drawLegend(
  drawing: Drawing,
  items: readonly LegendItem[],
  { x: left, y: top, width }: { readonly x: number; readonly y: number; readonly width: number },
): number {
  const sized = items.map((item) => {
    const before = item.kind === "scale" ? `${item.text}  ${item.from}` : "";
    const after = item.kind === "scale" ? item.to : item.text;
    const lead = before ? textWidth(before, SIZE) + 8 : 0, mark = MARK[item.kind];
    return { item, before, after, lead, mark, width: lead + mark + 8 + textWidth(after, SIZE) };
  });
  const rows: (typeof sized)[] = [];
  let room = 0;
  for (const one of sized) {
    if (rows.length === 0 || one.width > room) {
      rows.push([]);
      room = width;
    }
    rows.at(-1)!.push(one);
    room -= one.width + GAP;
  }

  let y = top;
  for (const row of rows) {
    const high = row.some(({ item }) => item.kind === "wheel") ? 46 : 26, middle = y + high / 2;
    let x = left;
    for (const { item, before, after, lead, mark, width } of row) {
      if (before) drawing.text(before, { x, y: middle + 4.5, size: SIZE, fill: INK });
      drawMark(drawing, item, { x: x + lead, y: middle });
      drawing.text(after, { x: x + lead + mark + 8, y: middle + 4.5, size: SIZE, fill: INK });
      x += width + GAP;
    }
    y += high;
  }
  return y;
}

function drawMark(drawing: Drawing, item: LegendItem, { x, y }: { x: number; y: number }): void {
  if (item.kind === "wheel") {
    drawing.image(drawColourWheel(80), { x, y: y - 20, width: 40, height: 40 }, false);
  } else if (item.kind === "line") {
    const dash = item.dash ? ` stroke-dasharray="${item.dash}"` : "";
    drawing.add(`<path d="M${x} ${y}h22" stroke="${item.colour}" stroke-width="3"${dash}/>`);
  } else if (item.kind === "point") {
    drawing.add(`<circle cx="${x + 6}" cy="${y}" r="5" fill="${item.colour}" stroke="#fff"/>`);
  } else if (item.kind === "ground") {
    drawing.add(
      `<rect x="${x}" y="${y - 7}" width="18" height="14" rx="3" fill="${GROUNDS[item.ground]}" stroke="${MUTED}"/>`,
    );
  } else if (item.kind === "stripes") {
    const [ground, stripe] = STRIPES[item.of].map((colour) => `rgb(${colour.join(",")})`);
    drawing.add(
      `<rect x="${x}" y="${y - 7}" width="14" height="14" rx="3" fill="${ground}" stroke="${MUTED}"/>`,
      `<path d="M${x + 1} ${y}l6 -6M${x + 1} ${y + 6}l12 -12M${x + 7} ${
        y + 6
      }l6 -6" stroke="${stripe}" stroke-width="1.5"/>`,
    );
  } else if (item.kind === "colour") {
    const fill = `rgb(${item.colour.join(",")})`;
    drawing.add(`<rect x="${x}" y="${y - 7}" width="14" height="14" rx="3" fill="${fill}" stroke="${MUTED}"/>`);
  } else {
    const data = new Uint8Array(colourMap(item.map));
    drawing.image({ width: 256, height: 1, data }, { x, y: y - 6, width: 96, height: 12 }, false);
  }
}
