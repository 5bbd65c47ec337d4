/** Boxes and arrows, which diagrams are made of. */
import { type Box, type Drawing, INK, MUTED } from "./_drawing.ts";
import { wrapText } from "./_text.ts";

/** What a box stands for, by its ground. */
export const GROUNDS = {
  frozen: "#e4e6ea",
  trained: "#dcebf7",
  result: "#fdf0d5",
  truth: "#f3f1ec",
} as const;

/** What a box says. */
export interface BoxText {
  readonly title: string;
  readonly note?: string;
  readonly ground: keyof typeof GROUNDS;
}

/** Draws a box with a title and lines below it. */
export function drawBox(drawing: Drawing, { x, y, width, height }: Box, { title, note = "", ground }: BoxText): void {
  drawing.add(
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6" fill="${GROUNDS[ground]}" stroke="${MUTED}"/>`,
  );
  const titles = wrapText(title, 13, width - 10), notes = note ? wrapText(note, 11, width - 8) : [];
  let line = y + (height - 16 * titles.length - 14 * notes.length) / 2 + 12;
  for (const text of titles) {
    drawing.text(text, { x: x + width / 2, y: line, size: 13, bold: true, anchor: "middle", fill: INK });
    line += 16;
  }
  for (const text of notes) {
    drawing.text(text, { x: x + width / 2, y: line - 2, size: 11, anchor: "middle", fill: INK });
    line += 14;
  }
}

/** Draws lines through points, with a head at the last. */
export function drawArrow(
  drawing: Drawing,
  points: readonly (readonly [x: number, y: number])[],
  { dash }: { readonly dash?: string } = {},
): void {
  const [x, y] = points.at(-1)!, [px, py] = points.at(-2)!, length = Math.hypot(x - px, y - py);
  const [ux, uy] = [(x - px) / length, (y - py) / length];
  const path = points.map((point) => point.join(" ")).join("L");
  const head = [[-7, 4], [-7, -4]].map(([along, across]) =>
    `${(x + along! * ux - across! * uy).toFixed(1)} ${(y + along! * uy + across! * ux).toFixed(1)}`
  );
  drawing.add(
    `<path d="M${path}" fill="none" stroke="${MUTED}" stroke-width="1.4"${dash ? ` stroke-dasharray="${dash}"` : ""}/>`,
    `<path d="M${x} ${y}L${head.join("L")}z" fill="${MUTED}"/>`,
  );
}
