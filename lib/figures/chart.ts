import { type Box, Drawing, INK, LINE, makeFigure, MUTED, WIDTH } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawLegend, type LegendItem } from "./_legend.ts";
import { drawTitle } from "./_panels.ts";

/** One line of a {@linkcode Chart}; a trace as Plotly has it. */
export interface ChartTrace {
  /** Name in the legend. */
  readonly name: string;
  /** Positions. */
  readonly x: readonly number[];
  /** Values; `null` leaves a gap. */
  readonly y: readonly (number | null)[];
  /** Points, lines or both. */
  readonly mode: "lines" | "markers" | "lines+markers";
  /** Line style. */
  readonly line?: Readonly<Record<string, unknown>>;
  /** Point style. */
  readonly marker?: Readonly<Record<string, unknown>>;
  /** Text at the pointer. */
  readonly hovertemplate?: string;
  /** `false` leaves it out of the legend. */
  readonly showlegend?: boolean;
}

/** A chart that needs no more than `Plotly.newPlot(element, traces, layout)`. */
export interface Chart {
  /** Short title. */
  readonly title: string;
  /** Description in a sentence, for those who cannot see it. */
  readonly description: string;
  /** Its lines. */
  readonly traces: readonly ChartTrace[];
  /** Axes. */
  readonly layout: Readonly<Record<string, unknown>>;
  /** Needs a light ground, for its colours are VOC's. */
  readonly isOnLight?: boolean;
}

/** Colours of lines that differ without colour vision, on light and on dark ground. */
export const CHART_COLOURS: readonly string[] = ["#d9822b", "#3f8fd2", "#2ca089", "#b565a7", "#8c8c8c"];

/** Axes with these titles, of which y begins at zero. */
export function axesFromZero(x: string, y: string): Chart["layout"] {
  return { xaxis: { title: { text: x } }, yaxis: { title: { text: y }, rangemode: "tozero" } };
}

/**
 * A chart as a figure: lines and points as vectors, and values at the pointer where Plotly is.
 *
 * @param chart Lines and axes, of {@linkcode lossChart} or another.
 * @returns The figure.
 */
export function chartFigure(chart: Chart): Figure {
  const { title, description, traces } = chart;
  const drawing = new Drawing();
  const top = drawTitle(drawing, { title, subtitle: description });
  const under = drawLegend(drawing, legendOf(traces), { x: 80, y: top, width: WIDTH - 110 });
  const box = { x: 80, y: under + 10, width: WIDTH - 110, height: 330 };

  const axes = drawAxes(drawing, box, { x: axisOf(chart, "x"), y: axisOf(chart, "y") });
  for (const trace of traces) {
    const points = trace.x.map((x, i) => ({ x: axes.x(x), y: trace.y[i] ?? null }))
      .map(({ x, y }) => ({ x, y: y === null ? null : axes.y(y) }));
    if (trace.mode.includes("lines")) drawing.add(lineSvg(points, trace));
    if (trace.mode.includes("markers")) drawing.add(...points.map((point) => markerSvg(point, trace)));
  }
  drawing.height = box.y + box.height + 54;
  return makeFigure({ title, description, drawing, plotly: () => Promise.resolve(plotlyOf(chart)) });
}

type Point = { readonly x: number; readonly y: number | null };

const colourOf = ({ line, marker }: ChartTrace) => String(line?.["color"] ?? marker?.["color"] ?? "#3f8fd2");

function legendOf(traces: readonly ChartTrace[]): LegendItem[] {
  return traces.filter(({ showlegend }) => showlegend !== false)
    .map((trace) => ({ kind: "line", colour: colourOf(trace), text: trace.name, ...dashOf(trace) }));
}

function dashOf({ line }: ChartTrace): { dash?: string } {
  return line?.["dash"] === "dot" ? { dash: "2 4" } : line?.["dash"] === "dash" ? { dash: "7 5" } : {};
}

/** The range of all traces, or that of the layout; from zero where the layout asks for it. */
function axisOf({ traces, layout }: Chart, name: "x" | "y") {
  const own = (layout[`${name}axis`] ?? {}) as {
    readonly title?: { readonly text: string };
    readonly range?: readonly [number, number];
    readonly rangemode?: string;
  };
  const values = traces.flatMap((trace): (number | null)[] => [...trace[name]]).filter((value) => value !== null);
  const low = Math.min(...values), high = Math.max(...values);
  const [from, to] = own.range ?? (own.rangemode === "tozero" ? [Math.min(low, 0), high * 1.05] : [low, high]);
  return { from, to: to > from ? to : from + 1, title: own.title?.text ?? "" };
}

/** A line with gaps where values are missing. */
function lineSvg(points: readonly Point[], trace: ChartTrace): string {
  let isOpen = false;
  const path = points.map(({ x, y }) => {
    const command = y === null ? "" : `${isOpen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isOpen = y !== null;
    return command;
  });
  const dash = dashOf(trace).dash, dashes = dash ? ` stroke-dasharray="${dash}"` : "";
  const width = Number(trace.line?.["width"] ?? 2);
  return `<path d="${path.join("")}" fill="none" stroke="${colourOf(trace)}" stroke-width="${width}"` +
    ` stroke-linejoin="round"${dashes}/>`;
}

function markerSvg({ x, y }: Point, trace: ChartTrace): string {
  if (y === null) return "";
  const size = Number(trace.marker?.["size"] ?? 6) / 2, colour = colourOf(trace);
  if (trace.marker?.["symbol"] !== "diamond-open") {
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size}" fill="${colour}"/>`;
  }
  const d = `M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z`;
  return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="2.5"/>`;
}

function plotlyOf({ title, traces, layout }: Chart) {
  return {
    data: traces.map((trace) => ({ type: "scatter", ...trace })),
    layout: {
      hovermode: "x unified",
      ...layout,
      title: { text: title },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      height: 440,
      legend: { orientation: "h", x: 0, y: -0.2, yanchor: "top" },
      margin: { l: 60, r: 16, t: 60, b: 60 },
    },
  };
}

/** Values along an axis. */
interface Axis {
  readonly from: number;
  readonly to: number;
  /** Measure and unit. */
  readonly title: string;
}

/** Turns values into places. */
interface Axes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Round numbers that divide a range into about `count` parts. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999)!;
  const first = Math.ceil(from / step - 1e-9), last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number as short as it can be said. */
function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential().replace("e+", "e") : String(value);
}

/** Draws grid, numbers and titles around a box. */
function drawAxes(
  drawing: Drawing,
  { x: left, y: top, width, height }: Box,
  { x, y }: { readonly x: Axis; readonly y: Axis },
): Axes {
  const axes: Axes = {
    x: (value) => left + (value - x.from) / (x.to - x.from) * width,
    y: (value) => top + height - (value - y.from) / (y.to - y.from) * height,
  };
  for (const value of ticks(y.from, y.to, Math.max(3, height / 55))) {
    const at = axes.y(value);
    drawing.add(`<path d="M${left} ${at.toFixed(1)}h${width}" stroke="${LINE}"/>`);
    drawing.text(tickText(value), { x: left - 8, y: at + 4, size: 12, anchor: "end", fill: MUTED });
  }
  for (const value of ticks(x.from, x.to, Math.max(3, width / 90))) {
    const at = axes.x(value);
    drawing.add(`<path d="M${at.toFixed(1)} ${top + height}v5" stroke="${MUTED}"/>`);
    drawing.text(tickText(value), { x: at, y: top + height + 19, size: 12, anchor: "middle", fill: MUTED });
  }
  drawing.add(`<path d="M${left} ${top + height}h${width}" stroke="${MUTED}"/>`);
  drawing.text(x.title, { x: left + width / 2, y: top + height + 40, size: 13, anchor: "middle", fill: INK });
  drawing.text(y.title, { x: left - 50, y: top + height / 2, size: 13, anchor: "middle", fill: INK, upwards: true });
  return axes;
}
