import { PAPER, type PublishedRow } from "../published.ts";
import type { Analysis } from "../../evaluation/analysis.ts";
import { type Metrics, notJudged, seedName } from "../../evaluation/metrics.ts";
import type { AveragePrecisions, PerClass } from "../../evaluation/percentages.ts";
import { describeOrigin, type ThresholdOrigin } from "../../evaluation/threshold_origin.ts";
import { html, type Markup, percent, table, type TableRow } from "./_html.ts";

/** The few numbers that everyone looks for first, and what there is none of. */
export function headline(
  metrics: Metrics,
  { reference, intervals }: { reference: ReferenceNumbers | null; intervals: Analysis["intervals"] | null },
): Markup {
  const { classification, cam, amn, relation, semantic, instance } = metrics;
  const tiles = [
    { name: "Classification", unit: "mAP", value: classification.map, of: classification },
    {
      name: "Class attention maps",
      unit: "mIoU",
      value: cam.miou,
      of: cam,
      ends: intervals?.cam,
      threshold: metrics.thresholds?.cam,
      paper: ofPaper(reference, ["pseudo labels, mIoU", "CAM"]),
    },
    ...(amn
      ? [{ name: "AMN's maps", unit: "mIoU", value: amn.miou, of: amn, threshold: metrics.thresholds?.amn }]
      : []),
    {
      name: "Confident foreground",
      unit: "precision",
      value: relation.fgPrecision,
      of: relation,
      threshold: metrics.thresholds?.foreground,
    },
    {
      name: "Pseudo semantic labels",
      unit: "mIoU",
      value: semantic.miou,
      of: semantic,
      ends: intervals?.semantic,
      threshold: metrics.thresholds?.semantic,
      paper: ofPaper(reference, ["pseudo labels, mIoU", "IRNet"]),
      main: true,
    },
    {
      name: "Pseudo instance labels",
      unit: "AP50",
      value: instance.ap50,
      of: instance,
      ends: intervals?.instance["ap50"],
      threshold: metrics.thresholds?.instance,
      paper: ofPaper(reference, ["pseudo instances, AP50", "+ displacement"]),
      main: true,
    },
  ];
  return html`<dl class="tiles">${
    tiles.filter(({ of }) => of.images > 0).map(({ name, unit, value, of, ends, threshold, paper, main }) =>
      html`
        <div class="tile${main ? " main" : ""}">
          <dt>${name}</dt>
          <dd><strong>${percent(value)}</strong> <span>${unit}</span></dd>
          <dd class="of">on ${of.split}${ends && `, ${percent(ends[0])} … ${percent(ends[1])}`}</dd>
          ${threshold && html`<dd class="of">at ${String(threshold.value)}, ${describeOrigin(threshold)}</dd>`}
          ${paper && html`<dd class="of paper">paper: ${paper}</dd>`}
        </div>
      `
    )
  }</dl>${
    (intervals?.semantic ?? null) !== null && html`
      <p>Spans hold 95 of 100 scores where the same number of images is drawn from these again, ${intervals!
        .draws} times.
        They tell what other images of the kind would change, not another seed of the training.</p>
    `
  }${notJudged(metrics).map((sentence) => html`<p>${sentence}.</p>`)}`;
}

const REFERENCE = "Reference, not measured here: published for VOC 2012 train with a ResNet-50";

const CONTROL = { name: "Colours alone", note: "control, fitted on ground truth", muted: true };

/** Mean IoU: CAMs, pseudo labels, the control; then what others published. */
export function semanticTable(
  { cam, amn, semantic, colourBaseline, thresholds }: Metrics,
  reference: ReferenceNumbers | null,
): Markup {
  const row = (name: string, { miou, threshold, best }: Metrics["cam"], origin?: ThresholdOrigin): TableRow => ({
    name,
    note: origin ? `${threshold} ${describeOrigin(origin)}` : null,
    cells: [percent(miou), String(threshold), percent(best.miou), String(best.threshold)],
  });
  return table({
    caption: `Semantic masks: mean IoU in percent over background and classes, ${cam.images} images of ${cam.split}` +
      "; what is best is chosen on their ground truth",
    head: ["Masks", "mIoU", "at score", "best mIoU", "at score"],
    rows: [
      row("CAM", cam, thresholds?.cam),
      ...(amn ? [row("AMN", amn, thresholds?.amn)] : []),
      row("Pseudo labels", semantic, thresholds?.semantic),
      ...(colourBaseline ? [{ ...CONTROL, cells: [percent(colourBaseline.miou), "", "", ""] }] : []),
    ],
    apart: reference &&
      {
        title: REFERENCE,
        rows: publishedOf(reference, "pseudo labels, mIoU").map((row) => referenceRow(row, ["", "", ""], 0)),
      },
  });
}

/** AP of the method built up from its parts; then what others published. */
export function ablationTable(metrics: Metrics, reference: ReferenceNumbers | null): Markup {
  const { ablation, instance, colourBaseline, thresholds } = metrics;
  const at = thresholds ? `at score ${thresholds.instance.value}, ${describeOrigin(thresholds.instance)}` : "";
  const keys = apKeys(ablation.full);
  const scores = (parts: AveragePrecisions) => keys.map((key) => percent(parts[key]));
  const others = keys.slice(1).map(() => "");
  return table({
    caption: `Instance masks: average precision in percent by IoU of a match, ${instance.images} images of ` +
      `${ablation.split}; every row adds a part of the method` +
      (ablation.score ? `; instances are ranked by ${ablation.score}` : ""),
    head: ["Masks", ...keys.map(apName)],
    rows: [
      {
        name: `${seedName(metrics)} components`,
        note: `at score ${ablation.cam.threshold}, chosen on this ground truth`,
        cells: scores(ablation.cam),
      },
      { name: "+ class boundary", note: at || null, cells: scores(ablation.boundary) },
      {
        name: "+ displacement",
        note: ["the full method", at].filter(Boolean).join(", "),
        cells: scores(ablation.full),
      },
      ...(colourBaseline
        ? [{ ...CONTROL, cells: keys.map((key) => key === "ap50" ? percent(colourBaseline.ap50) : "") }]
        : []),
    ],
    apart: reference && keys.includes("ap50")
      ? {
        title: REFERENCE,
        rows: publishedOf(reference, "pseudo instances, AP50").map((row) =>
          referenceRow(row, others, keys.indexOf("ap50"))
        ),
      }
      : null,
  });
}

/** Every class by every measure, to be sorted by any. */
export function classTable(
  { classification, cam, amn, relation, semantic, instance }: Metrics,
  chosen: readonly string[] | null,
): Markup {
  const columns: Column[] = [
    {
      name: "Class AP",
      of: `Image-level classification on ${classification.split}`,
      values: classification.perClass,
      mean: classification.map,
    },
    { name: "CAM IoU", of: `CAMs on ${cam.split}`, values: cam.perClass, mean: cam.miou },
    ...(amn ? [{ name: "AMN IoU", of: `AMN's maps on ${amn.split}`, values: amn.perClass, mean: amn.miou }] : []),
    { name: "Confident", of: `Precision of confident labels on ${relation.split}`, values: relation.perClass },
    {
      name: "Pseudo IoU",
      of: `Pseudo semantic labels on ${semantic.split}`,
      values: semantic.perClass,
      mean: semantic.miou,
      bar: true,
    },
    ...apKeys(instance).map((key) => ({
      name: apName(key),
      of: `Pseudo instances on ${instance.split}`,
      values: instance.perClass[key] ?? {},
      mean: instance[key] ?? null,
      bar: key === "ap50",
    })),
  ];
  const note = chosen ? `; means are over ${chosen.join(", ")}, and over background in IoU` : "";
  return table({
    caption: `Every class, in percent; a dash where it does not occur${note}`,
    head: ["Class", ...columns.map(({ name, of }) => ({ text: name, title: of }))],
    rows: Object.keys(semantic.perClass).map((name) => ({
      name,
      muted: chosen !== null && !chosen.includes(name) && name !== "background",
      cells: columns.map(({ values, bar }) => {
        const value = values[name] ?? null;
        return { text: percent(value), value: value ?? -1, fraction: bar ? value : null };
      }),
    })),
    foot: { name: "mean", cells: columns.map(({ mean }) => mean === undefined ? "" : percent(mean)) },
    sortable: true,
  });
}

interface Column {
  readonly name: string;
  /** Measure. */
  readonly of: string;
  /** By class. */
  readonly values: PerClass;
  /** Absent: there is none. */
  readonly mean?: number | null;
  /** Drawn as bars too. */
  readonly bar?: boolean;
}

/** A published number in its column, among the cells of the others. */
function referenceRow({ name, value, source }: PublishedRow, others: readonly string[], column: number): TableRow {
  return { name, note: source, cells: [...others.slice(0, column), value, ...others.slice(column)] };
}

/** Keys of average precisions, by IoU. */
function apKeys(scores: AveragePrecisions): `ap${number}`[] {
  const keys = Object.keys(scores).filter((key): key is `ap${number}` => /^ap\d+$/.test(key));
  return keys.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

const apName = (key: string) => `AP${key.slice(2)}`;

/** Published rows about pseudo labels. */
type ReferenceNumbers = readonly PublishedRow[];

/** The rows about one measure. */
const publishedOf = (rows: ReferenceNumbers, wanted: PublishedRow["what"]) =>
  rows.filter(({ what }) => what === wanted);

/** The paper's own number. */
function ofPaper(
  rows: ReferenceNumbers | null,
  [what, name]: readonly [PublishedRow["what"], string],
): string | undefined {
  return rows?.find((row) => row.what === what && row.name === name && row.source === PAPER)?.value;
}
