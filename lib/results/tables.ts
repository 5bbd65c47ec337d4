import { join } from "node:path";
import { type Metrics, notJudged, seedName, type ThresholdName } from "../evaluation/metrics.ts";
import { describeOrigin, type ThresholdOrigin } from "../evaluation/threshold_origin.ts";
import type { InstanceMetrics } from "../evaluation/percentages.ts";
import { textTable } from "../files/terminal.ts";
import { readFileIfExists } from "../files/disk.ts";
import type { PowerSweep } from "../evaluation/sweep.ts";
import type { ResultDoubts } from "../stages/doubts.ts";
import type { Comparison } from "../stages/downstream/compare.ts";

/** The commands that end with results. */
export type ResultsCommand = "run" | "evaluate" | "ablation";

/**
 * Results as a command shows them in the end, from `evaluation/metrics.json`.
 *
 * @param command The command: `run` shows the headlines, `evaluate` also a row for each class, `ablation` its table.
 * @param workdir The working directory of the run.
 * @returns Lines of text, those of `run` and `evaluate` with the path of the report.
 */
export async function describeResults(command: ResultsCommand, workdir: string): Promise<string> {
  const folder = join(workdir, "evaluation");
  const metrics: Metrics = JSON.parse(await Deno.readTextFile(join(folder, "metrics.json")));
  if (command === "ablation") return formatAblation(metrics);
  const classes = command === "evaluate" ? [formatClasses(metrics)] : [];
  const stored = await readFileIfExists(join(folder, "doubts.json"));
  const doubts = stored ? formatDoubts(JSON.parse(new TextDecoder().decode(stored))) : "";
  return [
    formatHeadlines(metrics),
    ...classes,
    ...doubts ? [doubts] : [],
    `Pictures and curves: ${join(folder, "report.html")}`,
  ].join("\n\n");
}

/** Lines about images that are shown at most; the report has all. */
const MOST_LINES = 10;

/** A line for each doubt about results, of those about images the first ten; empty without any. */
export function formatDoubts({ classes, images }: ResultDoubts): string {
  const more = images.length - MOST_LINES;
  const rest = more > 0 ? [`and ${more} more labelled images without an instance; the report names all`] : [];
  return [...classes, ...images.slice(0, MOST_LINES), ...rest].join("\n");
}

/**
 * The numbers that everyone looks for first, one a line, with the list and the number of images that they are of; then
 * a line for each part that there was nothing to judge by.
 *
 * @param metrics Results of a run.
 * @returns Lines of text.
 */
export function formatHeadlines(metrics: Metrics): string {
  const { classification, cam, amn, relation, semantic, instance, colourBaseline } = metrics;
  type Of = { split: string; images?: number };
  const rows: [name: string, measure: string, value: number | null, of: Of, threshold?: ThresholdName][] = [
    ["classification", "mAP", classification.map, classification],
    ["CAMs", "mIoU", cam.miou, cam, "cam"],
    ...(amn ? [["AMN", "mIoU", amn.miou, amn, "amn"] satisfies typeof rows[number]] : []),
    ["confident foreground", "precision", relation.fgPrecision, relation, "foreground"],
    ["confident background", "precision", relation.bgPrecision, relation, "background"],
    ["uncertain pixels", "fraction", relation.uncertain, relation],
    ["pseudo labels", "mIoU", semantic.miou, semantic, "semantic"],
    ...apKeys(instance).map((key): typeof rows[number] => [
      "pseudo instances",
      key.toUpperCase(),
      instance[key]!,
      instance,
      "instance",
    ]),
  ];
  if (colourBaseline) {
    rows.push(["colours alone (control)", "mIoU", colourBaseline.miou, colourBaseline]);
    rows.push(["colours alone (control)", "AP50", colourBaseline.ap50, colourBaseline]);
  }
  const judged = rows.filter(([, , , { images }]) => images !== 0);
  const origin = (name: ThresholdName | undefined) => {
    const threshold = name && metrics.thresholds?.[name];
    return threshold ? [`at ${threshold.value}, ${describeOrigin(threshold)}`] : [];
  };
  const table = textTable(judged.map(([name, measure, value, { split, images }, threshold]) => [
    name,
    measure,
    formatPercent(value).padStart(5),
    `on ${split}${images === undefined ? "" : `, ${images} images`}`,
    ...origin(threshold),
  ]));
  return [...(judged.length > 0 ? [table] : []), ...notJudged(metrics)].join("\n");
}

/**
 * One row a class: the parts of the means of {@linkcode formatHeadlines}.
 *
 * @param metrics Results of a run.
 * @returns A table as text.
 */
export function formatClasses({ classification, cam, amn, relation, semantic, instance }: Metrics): string {
  const keys = apKeys(instance);
  const columns = [
    classification.perClass,
    cam.perClass,
    ...(amn ? [amn.perClass] : []),
    relation.perClass,
    semantic.perClass,
    ...keys.map((key) => instance.perClass[key] ?? {}),
  ];
  const names = [...new Set(columns.flatMap(Object.keys))];
  return textTable([
    [
      "class",
      "AP of names",
      "CAM IoU",
      ...(amn ? ["AMN IoU"] : []),
      "confident",
      "label IoU",
      ...keys.map((key) => key.toUpperCase()),
    ],
    ...names.map((
      name,
    ) => [name, ...columns.map((column) => name in column ? formatPercent(column[name] ?? null) : "")]),
  ], { numbers: true });
}

/**
 * The method built up from its parts, and the control that knows nothing but colours where it was measured.
 *
 * @param metrics Results of a run.
 * @returns A table as text, and a line about the CAM threshold.
 */
export function formatAblation(metrics: Metrics): string {
  const { ablation: { split, cam, boundary, full, score }, colourBaseline, thresholds } = metrics;
  const seed = seedName(metrics);
  const keys = apKeys(full);
  const row = (name: string, part: InstanceMetrics) => [name, ...keys.map((key) => formatPercent(part[key]))];
  const table = textTable([
    [`instances on ${split}`, ...keys.map((key) => key.toUpperCase())],
    row(`${seed} components`, cam),
    row("+ class boundary", boundary),
    row("+ displacement (full method)", full),
    ...(colourBaseline
      ? [["colours alone (control)", ...keys.map((key) => key === "ap50" ? formatPercent(colourBaseline.ap50) : "")]]
      : []),
  ], { numbers: true });
  const others = thresholds && `, the others at ${thresholds.instance.value}, ${describeOrigin(thresholds.instance)}`;
  return [
    table,
    `${
      seed === "CAM" ? "CAMs" : "Maps of AMN"
    } are cut at ${cam.threshold}, where their mIoU is highest, chosen on this ground truth${others ?? ""}`,
    ...score ? [`Scores of all rows: ${score}`] : [],
  ].join("\n");
}

/** A sweep over powers of CAMs and thresholds as text, from `sweep_table/table.json`, with the paths of its files. */
export async function describeSweep(workdir: string): Promise<string> {
  const folder = join(workdir, "sweep_table"), file = (name: string) => join(folder, name);
  const table = formatSweep(JSON.parse(await Deno.readTextFile(file("table.json"))));
  return `${table}\nTable and curves: ${file("table.csv")}, ${file("curves.html")}`;
}

/**
 * Mean IoU by the power of CAMs, a row each, and the threshold, with the course of the row from the lowest value of the
 * table to the highest.
 */
export function formatSweep({ split, images, rows, best }: PowerSweep): string {
  const values = rows.flatMap(({ curve }) => curve.flatMap(({ miou }) => miou ?? []));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const bar = (miou: number | null) =>
    miou === null ? " " : BARS[Math.round((BARS.length - 1) * (miou - low) / (high - low || 1))]!;
  const table = textTable([
    [`mIoU on ${split}, ${images} images`, ...rows[0]!.curve.map(({ threshold }) => String(threshold)), "course"],
    ...rows.map(({ power, curve }) => [
      `CAMs to the power of ${power}`,
      ...curve.map(({ miou }) => formatPercent(miou)),
      curve.map(({ miou }) => bar(miou)).join(""),
    ]),
  ], { numbers: true });
  return `${table}\nBest: ${
    formatPercent(best.miou)
  } with power ${best.power} at ${best.threshold}, chosen on this ground truth`;
}

const BARS = "▁▂▃▄▅▆▇█";

/** `ap25`, `ap50`, … in the order of their IoU thresholds. */
function apKeys(metrics: InstanceMetrics): `ap${number}`[] {
  const keys = Object.keys(metrics).filter((key): key is `ap${number}` => /^ap\d+$/.test(key));
  return keys.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

/**
 * The tables of a comparison as text, from `compare/metrics.json`.
 *
 * @param workdir The working directory of the run.
 */
export async function describeComparison(workdir: string): Promise<string> {
  return formatComparison(JSON.parse(await Deno.readTextFile(join(workdir, "compare", "metrics.json"))));
}

/**
 * The tables of a comparison as text: pseudo labels, DeepLab and Mask R-CNN, with the numbers of images judged.
 *
 * @param comparison The content of `compare/metrics.json`.
 * @returns Lines of text.
 */
export function formatComparison({ pseudoLabels, deepLab, maskRcnn, thresholds, score }: Comparison): string {
  const cut = (name: string, origin: ThresholdOrigin) => `${name} at ${origin.value}, ${describeOrigin(origin)}`;
  const { cam, semantic, instance } = thresholds ?? {};
  const cuts = [
    ...cam ? [cut("CAMs", cam)] : [],
    ...semantic ? [cut("semantic labels", semantic)] : [],
    ...instance ? [cut("instances", instance)] : [],
    ...score ? [`ranked by ${score}`] : [],
  ];
  return [
    semanticTable(`pseudo semantic labels of ${pseudoLabels.split}`, pseudoLabels.semantic),
    instanceTable(`pseudo instances of ${pseudoLabels.instanceSplit}`, pseudoLabels.instance),
    semanticTable(`DeepLab on ${deepLab.split}, trained on`, deepLab.rows),
    instanceTable(`Mask R-CNN on ${maskRcnn.split}, trained on`, maskRcnn.rows),
    ...cuts.length > 0 ? [cuts.join("; ")] : [],
  ].join("\n\n");
}

function semanticTable(title: string, rows: Comparison["deepLab"]["rows"]): string {
  return textTable([
    [title, "images", "mIoU"],
    ...Object.entries(rows).map(([name, { images, miou }]) => [shownName(name), String(images), formatPercent(miou)]),
  ], { numbers: true });
}

function instanceTable(title: string, rows: Comparison["maskRcnn"]["rows"]): string {
  const keys = [...new Set(Object.values(rows).flatMap(Object.keys))].filter((key): key is `ap${number}` =>
    /^ap\d+$/.test(key)
  );
  return textTable([
    [title, "images", ...keys.map((key) => key.toUpperCase())],
    ...Object.entries(rows).map((
      [name, row],
    ) => [shownName(name), String(row.images), ...keys.map((key) => formatPercent(row[key]))]),
  ], { numbers: true });
}

/** The name of a row, but for one that result files have from their first version. */
function shownName(name: string): string {
  return name === "true masks" ? "ground truth" : name;
}

/** A percentage with one digit after the point; a dash where there is nothing to measure. */
export function formatPercent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(1);
}
