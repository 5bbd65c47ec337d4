import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { JUPYTER_DISPLAY, type PlotlyFigure, show } from "./figure.ts";
import { fitGrid } from "./_stepped.ts";
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
    ${jsonScript(`${id}-data`, { title, description, ...plotly })}
    ${new Markup(`<script>(${PLAY})("${id}", ${fitGrid})</script>`)}
  `.text.trim();
}

/**
 * Script of one figure: takes the place of its picture, with title and description above, and follows the width of the
 * page. Sliders are the browser's own, which take the keyboard; legends lie below, as high as they come out.
 */
const PLAY = `async (id, fitGrid) => {
  const place = document.getElementById(id);
  const { title, description, data, layout } = JSON.parse(document.getElementById(id + "-data").textContent);
  const plotly = await globalThis.irnetPlotly;
  if (!plotly) return;
  const add = (to, name, properties) => to.appendChild(Object.assign(document.createElement(name), properties));
  place.replaceChildren();
  place.style.cssText = "background:#fff;color:#1c1e22;font:14px/1.4 system-ui,sans-serif;padding:4px 0";
  const head = add(place, "div", { innerHTML: "<b></b><br><span></span>" });
  head.style.padding = "4px 8px";
  head.children[0].textContent = title;
  head.children[2].textContent = description;
  const { title: _, sliders: [slider] = [], ...rest } = layout, { grid, notes } = layout.meta ?? {};
  const plot = add(place, "div", { role: "img", ariaLabel: title + ". " + description });
  const below = grid ? 8 : rest.margin.b;
  const start = { ...rest, margin: { ...rest.margin, t: 12, b: below } };
  await plotly.newPlot(plot, data, start, { displayModeBar: false, responsive: true });
  let width = 0;
  const fit = () => {
    if (plot.clientWidth === 0 || plot.clientWidth === width) return;
    width = plot.clientWidth;
    if (grid) {
      const patch = fitGrid(width, { ...grid, below });
      plotly.relayout(plot, { ...patch, height: patch.height - 52, width });
    } else {
      const legend = plot.querySelector(".legend")?.getBoundingClientRect().height ?? 0;
      plotly.relayout(plot, { height: rest.height - rest.margin.t + 12 + legend, width });
    }
  };
  fit();
  new ResizeObserver(fit).observe(plot);
  if (!slider) return;
  const label = add(place, "label", { textContent: slider.currentvalue.prefix });
  label.style.cssText = "display:block;padding:4px 8px";
  const range = add(label, "input", { type: "range", min: 0, max: slider.steps.length - 1, value: slider.active });
  range.style.cssText = "display:block;width:100%;margin:2px 0";
  const said = document.createElement("output");
  range.before(said);
  const move = () => {
    const { label, args } = slider.steps[range.value], note = notes?.[range.value];
    said.textContent = label + (note ? ": " + note : "");
    range.ariaValueText = said.textContent;
    plotly.restyle(plot, args[0]);
  };
  range.addEventListener("input", move);
  move();
}`;

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
        <style>body{margin:0 auto;max-width:1600px;background:#fff}img{max-width:100%}</style>
      </head>
      <body>${body}</body>
    </html>
  `.text.trim() + "\n";
}
