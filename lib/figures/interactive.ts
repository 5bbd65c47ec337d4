import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { JUPYTER_DISPLAY, type PlotlyFigure, show } from "./figure.ts";
import { html, jsonScript, Markup } from "./report/_html.ts";

/** State of the notebook that figures are shown in. */
export const page = { hasPlotly: false };

/**
 * Gives Plotly to the page of a notebook, about 2 MB, so that figures are interactive in any viewer, also without a
 * network and in the notebook's HTML. Without it they are where Plotly is installed, and pictures elsewhere.
 *
 * @throws Error outside of a notebook on the Deno kernel.
 */
export async function usePlotly(): Promise<void> {
  await show({ [JUPYTER_DISPLAY]: () => Promise.resolve({ "text/html": libraryPart() }) });
  page.hasPlotly = true;
}

/** Parts of a page. */
interface FigureParts {
  readonly title: string;
  readonly description: string;
  readonly png: Uint8Array;
  readonly plotly: PlotlyFigure | null;
}

let packed: string | null = null;

/** Plotly's bundle, packed, in base64. */
export function packedPlotly(): string {
  return packed ??= gzipSync(Deno.readFileSync(createRequire(import.meta.url).resolve("plotly.js-dist")), { level: 9 })
    .toString("base64");
}

/**
 * Script: unpacks the bundle into `globalThis.irnetPlotly`, a promise of the library. Pages of notebooks may have a
 * module loader, which the bundle would hand itself to; it does not get to see it.
 */
function unpackScript(): Markup {
  return new Markup(`<script>globalThis.irnetPlotly ??= (async (text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const source = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bundle = await new Response(source).text();
    new Function("define", "module", "exports", bundle).call(globalThis);
    return globalThis.Plotly;
  })("${packedPlotly()}");</script>`);
}

/** For the page of a notebook: the library, once. */
function libraryPart(): string {
  return html`${unpackScript()}<small>Figures are interactive in this page.</small>`.text;
}

/** For the page of a notebook: the picture, which gives way to the figure where scripts run and the library is there. */
export function figurePart({ title, description, png, plotly }: FigureParts): string {
  const id = `irnet-${crypto.randomUUID()}`;
  return html`
    <div id="${id}">${picture({ title, description, png })}</div>
    ${jsonScript(`${id}-data`, plotly)}
    <script>(async () => {
      const place = document.getElementById("${id}");
      const { data, layout } = JSON.parse(document.getElementById("${id}-data").textContent);
      const plotly = await globalThis.irnetPlotly;
      if (!plotly) return;
      place.ariaLabel = place.querySelector("img").alt;
      place.role = "img";
      place.replaceChildren();
      plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true });
    })();</script>
  `.text.trim();
}

function picture({ title, description, png }: Omit<FigureParts, "plotly">): Markup {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return html`<img src="${source}" alt="${title}. ${description}" style="max-width:100%">`;
}

/** A page of its own. */
export function figurePage(parts: FigureParts): string {
  const body = parts.plotly ? html`${unpackScript()}${new Markup(figurePart(parts))}` : picture(parts);
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${parts.title}</title>
        <link rel="icon" href="data:,">
        <style>body{margin:0 auto;max-width:1000px;background:#fff}img{max-width:100%}</style>
      </head>
      <body>${body}</body>
    </html>
  `.text.trim() + "\n";
}
