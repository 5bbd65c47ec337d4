import type { Config } from "../../config/config.ts";
import { Buffer } from "node:buffer";
import { type Chart, chartFigure } from "../chart.ts";
import { packedPlotly } from "../interactive.ts";
import { runCharts } from "../run_charts.ts";
import { againstTables, comparisonTables } from "./_against.ts";
import { confusionTables, instanceTables } from "./_analysis.ts";
import { gallery } from "./_gallery.ts";
import { html, jsonScript, Markup, table } from "./_html.ts";
import { imageTable } from "./_images.ts";
import type { ReportInput, RunDetails } from "./report_input.ts";
import { ablationTable, classTable, headline, semanticTable } from "./_results.ts";
import { publishedFor } from "../published.ts";

// Not a static import, which would keep an older Deno from saying that it is too old.
const { default: script } = await import("./report.js", { with: { type: "text" } });
const { default: style } = await import("./report.css", { with: { type: "text" } });

const NETWORKS = {
  resnet50: "ResNet-50",
  efficientnet_lite0: "EfficientNet-Lite0",
  efficientnet_lite1: "EfficientNet-Lite1",
  efficientnet_lite2: "EfficientNet-Lite2",
  sample: "the small sample network",
};

/** Nothing may be loaded from anywhere, and the browser sees to it. */
const POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/**
 * The report of a run as one HTML file that needs no other file and no network: results, curves, images to look at,
 * settings, and what the run took. The same input gives the same text.
 *
 * @param input Results, images, settings and timings.
 * @returns The page.
 * @example
 * ```ts ignore
 * await Deno.writeTextFile("report.html", await renderReport({ config, metrics, trainings: [], gallery: [] }));
 * ```
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const { config, metrics, gallery: entries, run = null, doubts = { classes: [], images: [] } } = input;
  const { records = [], analysis = null, comparison = null, against = null, pixel = null } = input,
    { preset, data, backbone, seed } = config;
  const reference = publishedFor(config);
  const isJudged = metrics.cam.images > 0;
  const { results, trainings } = runCharts({ ...input, classes: data.classes });
  const charts = await Promise.all([...results, ...trainings].map(chartPlace));
  const title = `IRNet: preset ${preset}`;
  const sections = [
    { id: "results", title: "Results", body: headline(metrics, { reference, intervals: analysis?.intervals ?? null }) },
    against && { id: "against", title: "Beside another run", body: againstTables(against) },
    doubts.classes.length + doubts.images.length > 0 && {
      id: "doubts",
      title: "To look at",
      body: html`
        ${doubts.classes.length > 0 && html`<ul>${doubts.classes.map((doubt) => html`<li>${doubt}</li>`)}</ul>`}
        ${doubts.images.length > 0 && html`
          <details>
            <summary>Labelled, but without an instance: ${doubts.images.length}</summary>
            <ul>${doubts.images.map((doubt) => html`<li>${doubt}</li>`)}</ul>
          </details>
        `}
      `,
    },
    isJudged && {
      id: "parts",
      title: "The method, part by part",
      body: html`${semanticTable(metrics, reference)}${ablationTable(metrics, reference)}`,
    },
    (analysis?.errors ?? null) !== null && {
      id: "errors",
      title: "Errors of instances",
      body: instanceTables(analysis!),
    },
    comparison && { id: "compare", title: "What labels are worth", body: comparisonTables(comparison) },
    {
      id: "curves",
      title: "Curves",
      body: html`
        ${results.length > 0 && html`<div class="charts">${charts.slice(0, results.length)}</div>`}
        <div class="charts trainings">${charts.slice(results.length)}</div>
      `,
    },
    isJudged && { id: "classes", title: "Classes", body: classTable(metrics, config.evaluation.classes) },
    analysis !== null && isJudged && {
      id: "confusion",
      title: "Confusion",
      body: confusionTables(analysis, data.classes),
    },
    records.length > 0 && {
      id: "images",
      title: "All images",
      body: imageTable(records, { classes: data.classes, pictured: entries.map(({ id }) => id) }),
    },
    entries.length > 0 && {
      id: "gallery",
      title: "Pictures",
      body: html`
        <p>For class after class the first image of ${data
          .inferList} that has it, good or bad, and those with the lowest
          IoU. mIoU is that of the image's pseudo semantic labels, over background and the classes in it; beside it, the
          mistake that costs most pixels.</p>
        ${gallery(entries, data.classes)}
      `,
    },
    pixel && {
      id: "pixel",
      title: "One pixel",
      body: html`
        <p>Of ${pixel.id}: affinities, the path of the displacement, and the random walk.</p>
        <div class="pixel">${new Markup(pixel.html)}</div>
      `,
    },
    { id: "settings", title: "Settings", body: settings(config) },
    run &&
    {
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

/** A place with a chart's picture, in place of which the page's script draws the chart. */
async function chartPlace(chart: Chart, number: number): Promise<Markup> {
  const { title, description, traces } = chart;
  const lines = traces.filter(({ showlegend }) => showlegend !== false).length; // of a phone's legend
  const picture = Buffer.from(await chartFigure(chart).svg()).toString("base64");
  return html`
    <figure class="chart">
      <figcaption>
        <h3>${title}</h3>
        <p>${description}</p>
      </figcaption>
      <div class="plot" style="--lines:${lines}" data-chart="${number}" role="img"
        aria-label="${title}. ${description}"><img src="data:image/svg+xml;base64,${picture}" alt=""></div>
    </figure>
  `;
}

/** The configuration in force, folded up. */
function settings(config: Config): Markup {
  return html`
    <details>
      <summary>All settings of the run, as JSON</summary>
      <pre tabindex="0">${JSON.stringify(config, null, 2)}</pre>
    </details>
  `;
}

/** Versions, backend and timings. */
function runDetails({ versions, backend, stages }: RunDetails): Markup {
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return html`
    <dl class="facts">
      <div><dt>Backend</dt><dd>${backend
        ? html`${backend.name} ${backend.version} <small>${backend.reason}${
          backend.advice && html`; faster: ${backend.advice}`
        }</small>`
        : "not needed"}</dd></div>
      ${Object.entries(versions).map(([name, version]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${version}</dd>
          </div>
        `
      )}
    </dl>
    ${table({
      caption: `Time by stage, ${time(total)} in all`,
      head: ["Stage", "made", "time", "fraction", "peak memory"],
      rows: stages.map(({ stage, made, seconds, peakMemory }) => {
        const fraction = total > 0 ? 100 * seconds / total : 0;
        const memory = `${(peakMemory / 2 ** 30).toFixed(2)} GiB`;
        return {
          name: stage,
          cells: [String(made), time(seconds), { text: `${fraction.toFixed(0)} %`, fraction }, memory],
        };
      }),
    })}
  `;
}

function time(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = `${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return minutes < 60 ? `${minutes} min ${rest}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Plotly's bundle, packed: the page's script unpacks it, so that it works without a network and stays small. */
function plotlyScript(): Markup {
  return new Markup(`<script type="text/plain" id="plotly">${packedPlotly()}</script>`);
}
