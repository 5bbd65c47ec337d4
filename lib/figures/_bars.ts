import { ticks } from "./chart.ts";
import { Drawing, INK, LINE, makeFigure, MUTED, WIDTH } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawLegend } from "./_legend.ts";
import { drawTitle } from "./_panels.ts";
import { textWidth } from "./_text.ts";

/** Bars from 0 to 100. */
export interface BarFigure {
  readonly title: string;
  readonly description: string;
  /** Measure and unit. */
  readonly axis: string;
  readonly series: readonly { readonly name: string; readonly colour: string }[];
  /** One value for each series. */
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

const BAR = 15, GAP = 12;

/** Draws bars in groups, with their values at their ends. */
export function barFigure({ title, description, axis, series, rows }: BarFigure): Figure {
  const drawing = new Drawing();
  const top = drawTitle(drawing, { title, subtitle: description });
  const left = 30 + Math.max(...rows.map(({ name }) => textWidth(name, 14)));
  const width = WIDTH - left - 70, group = series.length * BAR + GAP;
  drawLegend(drawing, series.map(({ name, colour }) => ({ kind: "line", colour, text: name })), {
    x: left,
    y: top,
    width,
  });

  const first = top + 38, bottom = first + rows.length * group;
  const x = (value: number) => left + value / 100 * width;
  for (const tick of ticks(0, 100, 5)) {
    drawing.add(`<path d="M${x(tick)} ${first}V${bottom}" stroke="${LINE}"/>`);
    drawing.text(String(tick), { x: x(tick), y: bottom + 18, size: 12, anchor: "middle", fill: MUTED });
  }
  rows.forEach(({ name, values }, row) => {
    const y = first + row * group + GAP / 2;
    drawing.text(name, { x: left - 12, y: y + series.length * BAR / 2 + 5, size: 14, anchor: "end", fill: INK });
    values.forEach((value, n) => {
      const at = y + n * BAR;
      if (value !== null) {
        drawing.add(
          `<rect x="${left}" y="${at + 1}" width="${x(value) - left}" height="${BAR - 2}" fill="${
            series[n]!.colour
          }"/>`,
        );
      }
      const text = value === null ? "–" : value.toFixed(1);
      drawing.text(text, { x: x(value ?? 0) + 6, y: at + 12, size: 12, fill: MUTED });
    });
  });
  drawing.text(axis, { x: left + width / 2, y: bottom + 40, size: 13, anchor: "middle", fill: INK });
  drawing.height = bottom + 54;

  const plotly = () =>
    Promise.resolve({
      data: series.map(({ name, colour }, n) => ({
        type: "bar",
        orientation: "h",
        name,
        marker: { color: colour },
        x: rows.map(({ values }) => values[n] ?? null),
        y: rows.map((row) => row.name),
        text: rows.map(({ values }) => values[n]?.toFixed(1) ?? "–"),
        textposition: "outside",
        cliponaxis: false,
        hovertemplate: "%{y}: %{x:.1f}",
      })),
      layout: {
        title: { text: title },
        barmode: "group",
        height: Math.max(320, drawing.height),
        xaxis: { title: { text: axis }, range: [0, 100] },
        yaxis: { autorange: "reversed", automargin: true },
        legend: { orientation: "h", x: 0, y: -0.2, yanchor: "top", traceorder: "normal" },
        margin: { l: 60, r: 40, t: 60, b: 60 },
      },
    });
  return makeFigure({ title, description, drawing, plotly });
}
