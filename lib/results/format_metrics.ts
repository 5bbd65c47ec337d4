import { type Metrics, notJudged } from "../evaluation/metrics.ts";
import type { InstanceMetrics } from "../evaluation/percentages.ts";
import { formatPercent } from "./_format_percent.ts";
import { textTable } from "../files/terminal.ts";

/**
 * The numbers that everyone looks for first, one a line, with the list and the number of images that they are of; then
 * a line for each part that there was nothing to judge by.
 *
 * @param metrics Results of a run.
 * @returns Lines of text.
 */
export function formatHeadlines(metrics: Metrics): string {
  const { classification, cam, relation, semantic, instance, colourBaseline } = metrics;
  const rows: [name: string, measure: string, value: number | null, of: { split: string; images?: number }][] = [
    ["classification", "mAP", classification.map, classification],
    ["CAMs", "mIoU", cam.miou, cam],
    ["confident foreground", "precision", relation.fgPrecision, relation],
    ["confident background", "precision", relation.bgPrecision, relation],
    ["uncertain pixels", "share", relation.uncertain, relation],
    ["pseudo labels", "mIoU", semantic.miou, semantic],
    ...apKeys(instance).map((key): typeof rows[number] => [
      "pseudo instances",
      key.toUpperCase(),
      instance[key]!,
      instance,
    ]),
  ];
  if (colourBaseline) {
    rows.push(["colours alone (control)", "mIoU", colourBaseline.miou, colourBaseline]);
    rows.push(["colours alone (control)", "AP50", colourBaseline.ap50, colourBaseline]);
  }
  const judged = rows.filter(([, , , { images }]) => images !== 0);
  const table = textTable(judged.map(([name, measure, value, { split, images }]) => [
    name,
    measure,
    formatPercent(value).padStart(5),
    `on ${split}${images === undefined ? "" : `, ${images} images`}`,
  ]));
  return [...(judged.length > 0 ? [table] : []), ...notJudged(metrics)].join("\n");
}

/**
 * One row a class: what the means of {@linkcode formatHeadlines} are made of.
 *
 * @param metrics Results of a run.
 * @returns A table as text.
 */
export function formatClasses({ classification, cam, relation, semantic, instance }: Metrics): string {
  const keys = apKeys(instance);
  const columns = [
    classification.perClass,
    cam.perClass,
    relation.perClass,
    semantic.perClass,
    ...keys.map((key) => instance.perClass[key] ?? {}),
  ];
  const names = [...new Set(columns.flatMap(Object.keys))];
  return textTable([
    ["class", "AP of names", "CAM IoU", "confident", "label IoU", ...keys.map((key) => key.toUpperCase())],
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
export function formatAblation({ ablation: { split, cam, boundary, full }, colourBaseline }: Metrics): string {
  const keys = apKeys(full);
  const row = (name: string, part: InstanceMetrics) => [name, ...keys.map((key) => formatPercent(part[key]))];
  const table = textTable([
    [`instances on ${split}`, ...keys.map((key) => key.toUpperCase())],
    row("CAM components", cam),
    row("+ class boundary", boundary),
    row("+ displacement (full method)", full),
    ...(colourBaseline
      ? [["colours alone (control)", ...keys.map((key) => key === "ap50" ? formatPercent(colourBaseline.ap50) : "")]]
      : []),
  ], { numbers: true });
  return `${table}\nCAMs are cut at ${cam.threshold}, where their mIoU is highest`;
}

/** `ap25`, `ap50`, … in the order of their IoU thresholds. */
function apKeys(metrics: InstanceMetrics): `ap${number}`[] {
  const keys = Object.keys(metrics).filter((key): key is `ap${number}` => /^ap\d+$/.test(key));
  return keys.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}
