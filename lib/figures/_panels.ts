import type { RgbImage } from "../data/image.ts";
import { type Box, Drawing, INK, makeFigure, MUTED, WIDTH } from "./_drawing.ts";
import type { Figure, PlotlyFigure } from "./figure.ts";
import { drawLegend, type LegendItem } from "./_legend.ts";
import { fitText, textWidth, wrapText } from "./_text.ts";

/** A picture of a figure. */
export interface Panel {
  readonly picture: RgbImage;
  /** Said below it. */
  readonly caption?: string;
  /** Shows its pixels as squares. */
  readonly isSharp?: boolean;
  /** SVG over it; `scale` is how much the picture is enlarged. */
  readonly over?: (box: Box & { readonly scale: number }) => string;
}

/** Pictures side by side. */
export interface PanelRow {
  /** Said at the left. */
  readonly heading?: string;
  /** Said below the heading, in small. */
  readonly note?: string;
  /** `null` leaves a place empty. */
  readonly panels: readonly (Panel | null)[];
}

/** A figure of pictures in rows and columns. */
export interface PanelFigure {
  readonly title: string;
  /** One sentence below the title: what to see. */
  readonly subtitle: string;
  /** Absent: the subtitle. */
  readonly description?: string;
  /** Said above the columns. */
  readonly columns?: readonly string[];
  readonly rows: readonly PanelRow[];
  readonly legend?: readonly LegendItem[];
  readonly plotly?: () => Promise<PlotlyFigure>;
  /** HTML that plays without Plotly. */
  readonly own?: (png: Uint8Array) => Promise<string>;
}

const MARGIN = 16, GAP = 10, TALLEST = 400;

/** Draws them. Pictures keep their proportions; all of a figure have places of one width. */
export function panelFigure(
  { title, subtitle, columns = [], rows, legend = [], plotly, own, ...rest }: PanelFigure,
): Figure {
  const drawing = new Drawing();
  let y = drawTitle(drawing, { title, subtitle });

  const count = Math.max(columns.length, ...rows.map(({ panels }) => panels.length));
  const left = MARGIN + headingWidth(rows);
  const width = Math.min(Math.floor((WIDTH - MARGIN - left - GAP * (count - 1)) / count), 480);
  const xOf = (column: number) => left + column * (width + GAP);

  const headings = columns.map((text) => wrapText(text, 13, width));
  const lines = Math.max(0, ...headings.map(({ length }) => length));
  headings.forEach((heading, column) =>
    heading.forEach((line, n) =>
      drawing.text(line, {
        x: xOf(column) + width / 2,
        y: y + 12 + 17 * (n + lines - heading.length),
        size: 13,
        anchor: "middle",
        fill: MUTED,
      })
    )
  );
  y += lines > 0 ? 17 * lines + 4 : 0;

  for (const { heading, note, panels } of rows) {
    const shown = panels.filter((panel) => panel !== null);
    const height = Math.min(
      TALLEST,
      Math.round(Math.max(...shown.map(({ picture: p }) => width * p.height / p.width))),
    );
    if (heading !== undefined) drawHeading(drawing, { heading, note: note ?? "", y, width: left - MARGIN - GAP });
    let captionLines = 0;
    panels.forEach((panel, column) => {
      if (!panel) return;
      const box = drawPanel(drawing, panel, { x: xOf(column), y, width, height });
      const lines = panel.caption ? wrapText(panel.caption, 12, width) : [];
      captionLines = Math.max(captionLines, lines.length);
      lines.forEach((line, n) => {
        const place = { x: xOf(column) + width / 2, y: box.y + box.height + 15 + 15 * n };
        drawing.text(line, { ...place, size: 12, anchor: "middle", fill: INK });
      });
    });
    y += height + captionLines * 15 + (captionLines > 0 ? 6 : 0) + GAP;
  }
  if (legend.length > 0) y = drawLegend(drawing, legend, { x: left, y: y + 2, width: WIDTH - MARGIN - left });
  drawing.height = Math.ceil(y + 10);
  return makeFigure({ title, description: rest.description ?? subtitle, drawing, plotly: plotly ?? null, own });
}

/** Pictures one after another in rows of so many. */
export function inRows(panels: readonly Panel[], columns: number): PanelRow[] {
  return Array.from(
    { length: Math.ceil(panels.length / columns) },
    (_, row) => ({ panels: Array.from({ length: columns }, (_, column) => panels[row * columns + column] ?? null) }),
  );
}

/** Title and subtitle; returns where they end. */
export function drawTitle(
  drawing: Drawing,
  { title, subtitle }: { readonly title: string; readonly subtitle: string },
): number {
  drawing.text(fitText(title, 18, WIDTH - 2 * MARGIN), { x: MARGIN, y: 30, size: 18, bold: true, fill: INK });
  const lines = wrapText(subtitle, 13, WIDTH - 2 * MARGIN);
  lines.forEach((line, n) => drawing.text(line, { x: MARGIN, y: 52 + 18 * n, size: 13, fill: MUTED }));
  return 52 + 18 * lines.length;
}

function headingWidth(rows: readonly PanelRow[]): number {
  const widest = Math.max(
    0,
    ...rows.map(({ heading = "", note = "" }) => Math.max(textWidth(heading, 14), textWidth(note, 12))),
  );
  return widest > 0 ? Math.min(widest, 130) + 14 : 0;
}

function drawHeading(
  drawing: Drawing,
  { heading, note, y, width }: { heading: string; note: string; y: number; width: number },
): void {
  const lines = wrapText(heading, 14, width);
  lines.forEach((line, n) => drawing.text(line, { x: MARGIN, y: y + 14 + 18 * n, size: 14, bold: true, fill: INK }));
  if (note === "") return;
  const top = y + 14 + 18 * lines.length;
  wrapText(note, 12, width).forEach((line, n) =>
    drawing.text(line, { x: MARGIN, y: top + 16 * n, size: 12, fill: MUTED })
  );
}

/** Returns where the picture lies in its cell. */
function drawPanel(drawing: Drawing, { picture, isSharp = false, over }: Panel, cell: Box): Box {
  const scale = Math.min(cell.width / picture.width, cell.height / picture.height);
  const width = Math.round(picture.width * scale), height = Math.round(picture.height * scale);
  const box = { x: cell.x + Math.round((cell.width - width) / 2), y: cell.y, width, height };
  drawing.image(picture, box, isSharp);
  drawing.add(
    `<rect x="${box.x}" y="${box.y}" width="${width}" height="${height}" fill="none" stroke="#000" stroke-opacity="0.25"/>`,
  );
  if (over) drawing.add(over({ ...box, scale }));
  return box;
}
