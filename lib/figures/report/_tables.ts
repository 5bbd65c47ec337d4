import type { Metrics } from "../../evaluation/metrics.ts";
import type { AveragePrecisions, PerClass } from "../../evaluation/percentages.ts";
import { type Markup, percent } from "./_html.ts";
import type { ReferenceNumber, ReferenceNumbers } from "./reference_numbers.ts";
import { table, type TableRow } from "./_table.ts";

const REFERENCE = "Reference, not measured here: published for VOC 2012 train with a ResNet-50";
const CONTROL = { name: "Colours alone", note: "control, fitted on true masks", muted: true };

/** Mean IoU: CAMs, pseudo labels, the control; then what others published. */
export function semanticTable({ cam, semantic, colourBaseline }: Metrics, reference: ReferenceNumbers | null): Markup {
  const row = (name: string, { miou, threshold, best }: Metrics["cam"] | Metrics["semantic"]): TableRow => ({
    name,
    cells: [percent(miou), String(threshold), percent(best.miou), String(best.threshold)],
  });
  return table({
    caption: `Semantic masks: mean IoU in percent over background and classes, ${cam.images} images of ${cam.split}`,
    head: ["Masks", "mIoU", "at score", "best mIoU", "at score"],
    rows: [
      row("CAM", cam),
      row("Pseudo labels", semantic),
      ...(colourBaseline ? [{ ...CONTROL, cells: [percent(colourBaseline.miou), "", "", ""] }] : []),
    ],
    apart: reference && {
      title: REFERENCE,
      rows: reference.miou.map((number) => referenceRow(number, ["", "", ""], 0)),
    },
  });
}

/** AP of the method built up from its parts; then what others published. */
export function ablationTable(
  { ablation, instance, colourBaseline }: Metrics,
  reference: ReferenceNumbers | null,
): Markup {
  const keys = apKeys(ablation.full);
  const scores = (parts: AveragePrecisions) => keys.map((key) => percent(parts[key]));
  const others = keys.slice(1).map(() => "");
  return table({
    caption: `Instance masks: average precision in percent by IoU of a match, ${instance.images} images of ` +
      `${ablation.split}; every row adds a part of the method`,
    head: ["Masks", ...keys.map(apName)],
    rows: [
      { name: "CAM components", note: `at score ${ablation.cam.threshold}`, cells: scores(ablation.cam) },
      { name: "+ class boundary", cells: scores(ablation.boundary) },
      { name: "+ displacement", note: "the full method", cells: scores(ablation.full) },
      ...(colourBaseline
        ? [{ ...CONTROL, cells: keys.map((key) => key === "ap50" ? percent(colourBaseline.ap50) : "") }]
        : []),
    ],
    apart: reference && keys.includes("ap50")
      ? { title: REFERENCE, rows: reference.ap50.map((number) => referenceRow(number, others, keys.indexOf("ap50"))) }
      : null,
  });
}

/** Every class by every measure, to be sorted by any. */
export function classTable(
  { classification, cam, relation, semantic, instance }: Metrics,
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
        return { text: percent(value), value: value ?? -1, share: bar ? value : null };
      }),
    })),
    foot: { name: "mean", cells: columns.map(({ mean }) => mean === undefined ? "" : percent(mean)) },
    sortable: true,
  });
}

interface Column {
  readonly name: string;
  /** What is measured. */
  readonly of: string;
  /** By class. */
  readonly values: PerClass;
  /** Absent: there is none. */
  readonly mean?: number | null;
  /** Drawn as bars too. */
  readonly bar?: boolean;
}

/** A published number in its column, among the cells of the others. */
function referenceRow({ name, value, source }: ReferenceNumber, others: readonly string[], column: number): TableRow {
  return { name, note: source, cells: [...others.slice(0, column), value, ...others.slice(column)] };
}

/** Keys of average precisions, by IoU. */
function apKeys(scores: AveragePrecisions): `ap${number}`[] {
  const keys = Object.keys(scores).filter((key): key is `ap${number}` => /^ap\d+$/.test(key));
  return keys.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

const apName = (key: string) => `AP${key.slice(2)}`;
