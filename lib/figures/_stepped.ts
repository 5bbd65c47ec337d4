import type { RgbImage } from "../data/image.ts";
import { colourMap, type ColourMapName } from "./colours.ts";
import { scaled } from "./_drawing.ts";
import type { PlotlyFigure } from "./figure.ts";
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

/** Pictures to step through, beside values. */
export interface Stepped {
  readonly title: string;
  /** Name of the slider, such as `threshold`. */
  readonly slider: string;
  readonly steps: readonly { readonly label: string; readonly picture: RgbImage; readonly note?: string }[];
  /** The step that is shown first. */
  readonly active: number;
  /** Shown beside the pictures; of each step its own, or one for all. */
  readonly values: readonly ValueMap[];
}

const WIDTH = 460;

/** A slider through pictures, with a map of values at the pointer beside them, as Plotly draws it. */
export async function steppedPlotly({ title, slider, steps, active, values }: Stepped): Promise<PlotlyFigure> {
  const first = steps[0]!.picture, height = Math.round(WIDTH * first.height / first.width);
  const pictures = await Promise.all(
    steps.map(async ({ picture }, n) => ({
      type: "image",
      source: await dataUri(picture, { width: WIDTH, height }),
      xaxis: "x2",
      yaxis: "y2",
      hoverinfo: "skip",
      visible: n === active,
    })),
  );
  const maps = values.map((map, n) => heatmapTrace(map, { isVisible: n === (values.length > 1 ? active : 0) }));
  const noteOf = (n: number) => `${slider} ${steps[n]!.label}${steps[n]!.note ? `: ${steps[n]!.note}` : ""}`;
  const axis = (domain: [number, number]) => ({ domain, visible: false, constrain: "domain" });
  return {
    data: [...maps, ...pictures],
    layout: {
      title: { text: `${title}<br><sub>${noteOf(active)}</sub>`, x: 0.02, xanchor: "left" },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      width: 1000,
      height: height + 180,
      margin: { l: 16, r: 16, t: 70, b: 100 },
      xaxis: axis([0, 0.455]),
      xaxis2: axis([0.545, 1]),
      yaxis: { visible: false, autorange: "reversed", scaleanchor: "x", constrain: "domain" },
      yaxis2: { visible: false, anchor: "x2", scaleanchor: "x2", constrain: "domain" },
      sliders: [{
        active,
        pad: { t: 20 },
        currentvalue: { prefix: `${slider} ` },
        steps: steps.map(({ label }, n) => ({
          label,
          method: "update",
          args: [
            { visible: [...maps.map((_, m) => m === (maps.length > 1 ? n : 0)), ...steps.map((_, m) => m === n)] },
            { "title.text": `${title}<br><sub>${noteOf(n)}</sub>` },
          ],
        })),
      }],
    },
  };
}

/** A map of values with its scale, as Plotly draws it. */
export function heatmapTrace(
  { height, width, data, colours, from, to, name }: ValueMap,
  { isVisible }: { readonly isVisible: boolean },
): Record<string, unknown> {
  return {
    type: "heatmap",
    z: Array.from(
      { length: height },
      (_, y) => Array.from(data.subarray(y * width, (y + 1) * width), (value) => Math.round(value * 1000) / 1000),
    ),
    zmin: from,
    zmax: to,
    colorscale: colorscale(colours),
    colorbar: { title: { text: name, side: "right" }, thickness: 12, x: 0.46, len: 1 },
    hovertemplate: "row %{y}, column %{x}: %{z}<extra></extra>",
    visible: isVisible,
  };
}

function colorscale(name: ColourMapName): [number, string][] {
  const table = colourMap(name);
  return Array.from({ length: 18 }, (_, n) => {
    const at = 15 * n * 3;
    return [n / 17, `rgb(${table.subarray(at, at + 3).join(",")})`];
  });
}

async function dataUri(picture: RgbImage, size: { width: number; height: number }): Promise<string> {
  const file = await scaled(picture, { ...size, isSharp: false }).webp({ quality: 80 }).toBuffer();
  return `data:image/webp;base64,${file.toString("base64")}`;
}
