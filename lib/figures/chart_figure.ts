import { drawAxes } from "./_axes.ts";
import type { Chart, ChartTrace } from "./chart.ts";
import { Drawing, WIDTH } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawLegend, type LegendItem } from "./_legend.ts";
import { makeFigure } from "./_make_figure.ts";
import { drawTitle } from "./_panels.ts";

/**
 * A chart as a figure: lines and points as vectors, and values at the pointer where Plotly is.
 *
 * @param chart What to draw, of {@linkcode lossChart} or another.
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
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      margin: { l: 70, r: 20, t: 80, b: 60 },
    },
  };
}
