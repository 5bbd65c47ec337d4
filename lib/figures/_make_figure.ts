import { Buffer } from "node:buffer";
import { type Drawing, inFewColours, rasterised } from "./_drawing.ts";
import { type Figure, JUPYTER_DISPLAY, type PlotlyFigure } from "./figure.ts";
import { figurePage, figurePart } from "./_figure_page.ts";
import { page } from "./_interactive.ts";

/** A figure of a drawing. It is worked out when it is asked for, once. */
export function makeFigure({ title, description, drawing, plotly = null }: {
  readonly title: string;
  readonly description: string;
  readonly drawing: Drawing;
  readonly plotly?: (() => Promise<PlotlyFigure>) | null;
}): Figure {
  const svg = once(() => drawing.svg({ title, description }));
  const png = once(async () => await rasterised(await svg()));
  const interactive = once(async () => await plotly?.() ?? null);
  const parts = async () => ({ title, description, png: await png(), plotly: await interactive() });
  return {
    title,
    description,
    svg,
    png,
    plotly: interactive,
    html: async () => figurePage(await parts()),
    [JUPYTER_DISPLAY]: async () => {
      const { png, plotly } = await parts();
      return {
        "text/plain": `${title}. ${description}`,
        "image/png": Buffer.from(await inFewColours(png)).toString("base64"),
        ...(plotly ? { "application/vnd.plotly.v1+json": plotly } : {}),
        ...(plotly && page.hasPlotly ? { "text/html": figurePart({ title, description, png, plotly }) } : {}),
      };
    },
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => result ??= work();
}
