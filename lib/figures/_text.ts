// Not a static import, which would keep an older Deno from saying that it is too old.
const { default: outlines } = await import("./font/dejavu_sans.txt", { with: { type: "text" } });

/**
 * Text as outlines. A machine without a single font, as servers are, draws it like any other; and a picture looks the
 * same everywhere. The outlines are those of DejaVu Sans, see font/LICENSE.
 */

/** Where and how a text stands. */
export interface TextStyle {
  /** Height of the letters' square, pixels. */
  readonly size?: number;
  /** Which part of the text lies at x. */
  readonly anchor?: "start" | "middle" | "end";
  /** Thicker strokes. */
  readonly bold?: boolean;
  /** Colour. */
  readonly fill?: string;
  /** Turned to read upwards. */
  readonly upwards?: boolean;
}

interface Glyph {
  /** Thousandths of the size. */
  readonly advance: number;
  readonly path: string;
}

/** What stands for characters that have no outline here. */
const UNKNOWN: Glyph = { advance: 600, path: "M70 0v-700h460v700zM130-60h340v-580h-340z" };

let glyphs: Map<string, Glyph> | null = null;

function glyphOf(character: string): Glyph {
  glyphs ??= new Map(
    outlines.split("\n").filter(Boolean).map((line) => {
      const [code, advance, path = ""] = line.split(/ (.*?) (.*)/s);
      return [String.fromCodePoint(parseInt(code!, 16)), { advance: Number(advance), path }];
    }),
  );
  return glyphs.get(character) ?? UNKNOWN;
}

/** Width of a text of this size, pixels. */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, character) => sum + glyphOf(character).advance, 0) * size / 1000;
}

/** A text as SVG, its baseline at y. */
export function textSvg(
  text: string,
  { x, y, size = 14, anchor = "start", bold = false, fill = "#1c1e22", upwards = false }: TextStyle & {
    readonly x: number;
    readonly y: number;
  },
): string {
  const left = { start: 0, middle: -0.5, end: -1 }[anchor] * textWidth(text, size);
  const scale = size / 1000;
  let at = 0;
  const paths = [...text].map((character) => {
    const { advance, path } = glyphOf(character), from = at;
    at += advance;
    return path && `<path d="${path}"${from ? ` transform="translate(${from})"` : ""}/>`;
  });
  const place = `translate(${round(x)} ${round(y)})${upwards ? "rotate(-90)" : ""}translate(${round(left)})`;
  const stroke = bold ? ` stroke="${fill}" stroke-width="42" stroke-linejoin="round"` : "";
  return `<g fill="${fill}"${stroke} transform="${place}scale(${scale})">${paths.join("")}</g>`;
}

/** A text cut to a width, with an ellipsis where something is missing. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, size) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}

/** A text broken between words into lines of a width; words that are longer are cut. */
export function wrapText(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && textWidth(longer, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => fitText(one, size, width));
}

const round = (value: number) => Math.round(value * 100) / 100;
