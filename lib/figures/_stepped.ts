/** Pictures and maps of values as Plotly draws them, in a grid that follows the width of the page. */
import type { RgbImage } from "../data/image.ts";
import { colourMap, type ColourMapName } from "./colours.ts";
import { scaled } from "./_drawing.ts";
import type { PlotlyFigure } from "./figure.ts";
import { fitGrid, type GridShape } from "./interactive.ts";
import type { ScalarMap } from "./maps.ts";

/** Values that can be asked for at the pointer. */
export interface ValueMap extends ScalarMap {
  readonly colours: ColourMapName;
  /** Ends of the colour scale. */
  readonly from: number;
  readonly to: number;
  /** Measure and unit. */
  readonly name: string;
}

/** One place of the grid: pictures, with values at the pointer, or without pictures the values as a map. */
export interface GridPanel {
  readonly heading: string;
  /** One for each step, or one for all. */
  readonly pictures?: readonly RgbImage[];
  /** One for each step, or one for all. */
  readonly values?: readonly ValueMap[];
  /** Outlines, in pixels of the values: centre, and half of the sides. */
  readonly marks?: readonly {
    readonly shape: "rect" | "circle";
    readonly x: number;
    readonly y: number;
    readonly reach: number;
  }[];
}

/** A grid to step through. */
export interface SteppedGrid {
  readonly title: string;
  readonly panels: readonly GridPanel[];
  /** Name of the slider, such as `threshold`. */
  readonly slider?: string;
  /** Absent: there is nothing to step through. */
  readonly steps?: readonly { readonly label: string; readonly note?: string }[];
  /** The step that is shown first. */
  readonly active?: number;
}

/** Width of the pictures that a page holds, pixels. */
const WIDTH = 460;

/** A grid of panels, with a slider where there are steps. */
export async function gridPlotly(
  { title, panels, slider = "", steps = [{ label: "" }], active = 0 }: SteppedGrid,
): Promise<PlotlyFigure> {
  const axis = (n: number) => n === 0 ? "" : String(n + 1), first = panels[0]!;
  const size = first.pictures?.[0] ?? first.values![0]!;
  const isMap = ({ pictures }: GridPanel) => pictures === undefined;
  const traces = await Promise.all(panels.map(async (panel, n) => {
    const axes = { xaxis: `x${axis(n)}`, yaxis: `y${axis(n)}` }, { pictures = [], values = [] } = panel;
    const drawn = await Promise.all(pictures.map((picture) => imageTrace(picture, values[0] ?? picture)));
    const maps = values.map((map) => heatmapTrace(map, isMap(panel) ? `coloraxis${axis(n)}` : null));
    return [drawn, maps].flatMap((list) => list.map((trace, step) => ({ ...axes, ...trace, of: list.length, step })));
  }));
  const all = traces.flat(), shownAt = (step: number) => all.map((trace) => trace.of === 1 || trace.step === step);
  const noteOf = ({ label, note }: { label: string; note?: string }) => `${slider} ${label}${note ? `: ${note}` : ""}`;
  const titleOf = (n: number) => slider ? `${title}<br><sub>${noteOf(steps[n]!)}</sub>` : title;
  const shape: GridShape = {
    ...{ scales: panels.map(isMap), aspect: size.height / size.width },
    below: slider ? 96 : 8,
  };
  return {
    data: all.map(({ of: _, step: __, ...trace }, n) => ({ ...trace, visible: shownAt(active)[n] })),
    layout: placed({
      title: { text: titleOf(active), x: 0.01, xanchor: "left" },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      margin: { l: 8, r: 8, t: 64, b: shape.below },
      meta: { grid: shape, notes: steps.map(({ note = "" }) => note) },
      ...Object.fromEntries(panels.flatMap((panel, n) => [
        [`xaxis${axis(n)}`, { visible: false, constrain: "domain", anchor: `y${axis(n)}` }],
        [`yaxis${axis(n)}`, {
          ...{ visible: false, autorange: "reversed", anchor: `x${axis(n)}` },
          ...{ scaleanchor: `x${axis(n)}`, constrain: "domain" },
        }],
        ...isMap(panel) ? [[`coloraxis${axis(n)}`, colorAxis(panel.values![0]!)] as const] : [],
      ])),
      annotations: panels.map(({ heading }, n) => ({
        ...{ text: heading, showarrow: false, font: { size: 12 } },
        ...{ xref: `x${axis(n)} domain`, yref: `y${axis(n)} domain`, x: 0.5, y: 1, yanchor: "bottom" },
      })),
      shapes: panels.flatMap(({ marks = [] }, n) =>
        marks.flatMap(({ shape, x, y, reach }) =>
          [["#000", 4], ["#fff", 2]].map(([color, width]) => ({
            ...{ type: shape, xref: `x${axis(n)}`, yref: `y${axis(n)}`, line: { color, width } },
            ...{ x0: x - reach, x1: x + reach, y0: y - reach, y1: y + reach },
          }))
        )
      ),
      ...slider
        ? {
          sliders: [{
            active,
            pad: { t: 30 },
            currentvalue: { prefix: `${slider} ` },
            steps: steps.map(({ label }, n) => ({
              label,
              method: "update",
              args: [{ visible: shownAt(n) }, { "title.text": titleOf(n) }],
            })),
          }],
        }
        : {},
    }, fitGrid(1000, shape)),
  };
}

/** A layout with the members that paths name. */
function placed(layout: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  for (const [path, value] of Object.entries(patch)) {
    const names = path.split("."), last = names.pop()!;
    names.reduce((part, name) => part[name] as Record<string, unknown>, layout)[last] = value;
  }
  return layout;
}

async function imageTrace(
  picture: RgbImage,
  size: { width: number; height: number },
): Promise<Record<string, unknown>> {
  const height = Math.round(WIDTH * picture.height / picture.width);
  const dx = size.width / WIDTH, dy = size.height / height;
  return {
    ...{ type: "image", source: await dataUri(picture, { width: WIDTH, height }), hoverinfo: "skip" },
    ...{ x0: dx / 2 - 0.5, dx, y0: dy / 2 - 0.5, dy },
  };
}

/** Values at the pointer; without an axis of colours they are not seen. */
function heatmapTrace({ height, width, data }: ValueMap, coloraxis: string | null): Record<string, unknown> {
  return {
    type: "heatmap",
    z: Array.from(
      { length: height },
      (_, y) => Array.from(data.subarray(y * width, (y + 1) * width), (value) => Math.round(value * 1000) / 1000),
    ),
    ...coloraxis ? { coloraxis } : { opacity: 0, showscale: false },
    hovertemplate: "row %{y}, column %{x}: %{z}<extra></extra>",
  };
}

function colorAxis({ colours, from, to, name }: ValueMap): Record<string, unknown> {
  const table = colourMap(colours);
  return {
    ...{ cmin: from, cmax: to },
    colorscale: Array.from({ length: 18 }, (_, n) => {
      const at = 15 * n * 3;
      return [n / 17, `rgb(${table.subarray(at, at + 3).join(",")})`];
    }),
    colorbar: {
      ...{ title: { text: name, side: "bottom", font: { size: 11 } }, tickfont: { size: 10 }, thickness: 8 },
      ...{ orientation: "h", yanchor: "top", ypad: 4, xpad: 0, outlinewidth: 0 },
    },
  };
}

async function dataUri(picture: RgbImage, size: { width: number; height: number }): Promise<string> {
  const file = await scaled(picture, { ...size, isSharp: false }).webp({ quality: 80 }).toBuffer();
  return `data:image/webp;base64,${file.toString("base64")}`;
}
