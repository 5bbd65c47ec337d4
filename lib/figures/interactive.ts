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
  /** HTML that needs no library and holds the picture until its script runs; absent: there is none. */
  readonly own?: string | null;
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
  place.dataset.lmSuppressShortcuts = "true"; // JupyterLab keeps its hands off the keys here
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

/** The picture, said in words. */
export function picture({ title, description, png }: Pick<FigureParts, "title" | "description" | "png">): Markup {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return html`<img src="${source}" alt="${title}. ${description}" style="max-width:100%">`;
}

/** Numbers that decide how a grid is laid out. */
export interface GridShape {
  /** For each panel whether a colour scale lies below it. */
  readonly scales: readonly boolean[];
  /** Height of a panel by its width. */
  readonly aspect: number;
  /** Pixels below the grid. */
  readonly below: number;
}

/**
 * Height and places of a grid's panels in a page of a width, by the paths that Plotly's `relayout` takes: wide pages have
 * them side by side, narrow ones in two columns or one. It is run in the page too, so it needs nothing from outside.
 */
export function fitGrid(width: number, { scales, aspect, below }: GridShape): Record<string, unknown> {
  const count = scales.length;
  const columns = width >= 640 ? Math.min(count, 4) : count > 2 && width >= 340 ? 2 : 1;
  const rows = Math.ceil(count / columns), gap = 12, over = 22, under = scales.includes(true) ? 54 : 6;
  const side = (width - 16 - gap * (columns - 1)) / columns, high = side * aspect;
  const inner = rows * (over + high + under);
  const patch: Record<string, unknown> = { height: Math.round(inner + 64 + below) };
  for (let n = 0; n < count; n++) {
    const suffix = n === 0 ? "" : String(n + 1), row = Math.floor(n / columns);
    const left = n % columns * (side + gap) / (width - 16);
    const top = 1 - (row * (over + high + under) + over) / inner, bottom = top - high / inner;
    const right = Math.min(left + side / (width - 16), 1);
    patch[`xaxis${suffix}.domain`] = [left, right];
    patch[`yaxis${suffix}.domain`] = [Math.max(bottom, 0), top];
    if (!scales[n]) continue;
    patch[`coloraxis${suffix}.colorbar.x`] = (left + right) / 2;
    patch[`coloraxis${suffix}.colorbar.y`] = bottom;
    patch[`coloraxis${suffix}.colorbar.len`] = right - left;
  }
  return patch;
}

/** A page of its own. */
export function figurePage(parts: FigureParts): string {
  const body = parts.own
    ? new Markup(parts.own)
    : parts.plotly
    ? html`${unpackScript()}${new Markup(figurePart(parts))}`
    : picture(parts);
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
