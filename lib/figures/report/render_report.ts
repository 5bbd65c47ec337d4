import type { Chart } from "../chart.ts";
import { runCharts } from "../run_charts.ts";
import { runDetails, settings } from "./_details.ts";
import { gallery } from "./_gallery.ts";
import { headline } from "./_headline.ts";
import { html, jsonScript, Markup } from "./_html.ts";
import { plotlyScript } from "./_plotly.ts";
import { ablationTable, classTable, semanticTable } from "./_tables.ts";
import { referenceNumbers } from "./reference_numbers.ts";
import type { ReportInput } from "./report_input.ts";

// Not a static import, which would keep an older Deno from saying that it is too old.
const { default: script } = await import("./report.js", { with: { type: "text" } });
const { default: style } = await import("./report.css", { with: { type: "text" } });

const NETWORKS = {
  resnet50: "ResNet-50",
  efficientnet_lite0: "EfficientNet-Lite0",
  sample: "the small sample network",
};

/** Nothing may be loaded from anywhere, and the browser sees to it. */
const POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/**
 * The report of a run as one HTML file that needs no other file and no network: results, curves, images to look at,
 * settings, and what the run took. The same input gives the same text.
 *
 * @param input What to show.
 * @returns The page.
 * @example
 * ```ts ignore
 * await Deno.writeTextFile("report.html", renderReport({ config, metrics, trainings: [], gallery: [] }));
 * ```
 */
export function renderReport(input: ReportInput): string {
  const { config, metrics, gallery: entries, run = null } = input;
  const { preset, data, backbone, seed } = config;
  const reference = referenceNumbers(config);
  const isJudged = metrics.cam.images > 0;
  const { results, trainings } = runCharts({ ...input, classes: data.classes });
  const title = `IRNet: preset ${preset}`;
  const sections = [
    { id: "results", title: "Results", body: headline(metrics, reference) },
    isJudged && {
      id: "parts",
      title: "The method, part by part",
      body: html`${semanticTable(metrics, reference)}${ablationTable(metrics, reference)}`,
    },
    {
      id: "curves",
      title: "Curves",
      body: html`
        ${results.length > 0 && html`<div class="charts">${results.map((chart, n) => chartFigure(chart, n))}</div>`}
        <div class="charts trainings">${trainings.map((chart, n) => chartFigure(chart, results.length + n))}</div>
      `,
    },
    isJudged && { id: "classes", title: "Classes", body: classTable(metrics, config.evaluation.classes) },
    entries.length > 0 && {
      id: "gallery",
      title: "Images",
      body: html`
        <p>For class after class the first image of ${data
          .inferList} that has it, good or bad, and those with the lowest
          IoU. mIoU is that of the image's pseudo semantic labels, over background and the classes in it; beside it, the
          mistake that costs most pixels.</p>
        ${gallery(entries, data.classes)}
      `,
    },
    { id: "settings", title: "Settings", body: settings(config) },
    run && {
      id: "run",
      title: "Run",
      body: html`<p>The only part of this page that differs between equal runs.</p>${runDetails(run)}`,
    },
  ].filter((section) => section !== null && section !== false);

  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <title>${title}</title>
        <link rel="icon" href="data:,">
        <style>${new Markup(style)}</style>
      </head>
      <body>
    <a class="skip" href="#results">Skip to the results</a>
    <nav aria-label="Sections"><div>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</div></nav>
    <header class="top">
      <h1>IRNet</h1>
      <p class="lead">Pseudo labels for instance and semantic segmentation, from the names of what is in an image.</p>
      <p>Preset <b>${preset}</b>, ${NETWORKS[backbone.network]}, ${data.classes.length} classes, trained on
        <b>${data.trainList}</b>, pseudo labels for <b>${data.inferList}</b>, seed ${seed}.</p>
    </header>
    <main>
    ${sections.map(({ id, title, body }) => html`<section id="${id}"><h2>${title}</h2>${body}</section>\n`)}
    </main>
    ${jsonScript("charts", [...results, ...trainings])}
    ${plotlyScript()}
    <script>${new Markup(script)}</script>
      </body>
    </html>
  `.text.trim() + "\n";
}

/** A place that the page's script draws a chart into. */
function chartFigure({ title, description, traces }: Chart, number: number): Markup {
  const lines = traces.filter(({ showlegend }) => showlegend !== false).length; // of a phone's legend
  return html`
    <figure class="chart">
      <figcaption>
        <h3>${title}</h3>
        <p>${description}</p>
      </figcaption>
      <div class="plot" style="--lines:${lines}" data-chart="${number}" role="img"
        aria-label="${title}. ${description}"></div>
    </figure>
  `;
}
