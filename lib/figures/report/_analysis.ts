import type { Analysis, ErrorRow } from "../../evaluation/analysis.ts";
import { ERROR_TYPES, type ErrorType } from "../../evaluation/instance_errors.ts";
import { html, type Markup, percent, table, type TableRow } from "./_html.ts";

const MEANINGS: Readonly<Record<ErrorType, string>> = {
  class: "a mask on an object, of a wrong class",
  localisation: "a mask on an object of its class, at an IoU below 0.5",
  both: "a mask on an object of another class, at an IoU below 0.5",
  duplicate: "a mask on an object that another mask has",
  background: "a mask on no object, at an IoU below 0.1",
  missed: "an object without a mask",
};

/** What is wrong with instances, and what it costs; then scores by COCO's rules. */
export function instanceTables({ errors, coco }: Pick<Analysis, "errors" | "coco">): Markup {
  return html`${errors && errorTables(errors)}${coco && cocoTable(coco)}`;
}

function errorTables(errors: NonNullable<Analysis["errors"]>): Markup {
  const cells = ({ count, gain }: ErrorRow) => [
    { text: String(count), value: count },
    { text: gain === null ? "–" : gain.toFixed(2), value: gain ?? 0, fraction: Math.max(gain ?? 0, 0) },
  ];
  const gain = { text: "ΔAP50", title: "Mean AP at IoU 0.5 that correcting this alone adds" };
  const row = (name: string, note: string, one: ErrorRow): TableRow => ({ name, note, cells: cells(one) });
  return html`
    ${table({
      caption:
        `Errors of instances by TIDE's types: what correcting one alone adds to AP50 (${percent(errors.ap50)}), ` +
        "and AP50 after it and all above are corrected",
      head: ["Error", "count", gain, "AP50 after"],
      rows: ERROR_TYPES.map((type) => {
        const one = errors.types[type];
        return { name: type, note: MEANINGS[type], cells: [...cells(one), percent(one.after)] };
      }),
    })}
    ${table({
      caption:
        "The same errors, told otherwise: objects that share a mask or have several, and all of one side at once",
      head: ["Error", "count", gain],
      rows: [
        row("merged", "masks over two objects or more", errors.merged),
        row("split", "objects in two masks or more", errors.split),
        row("false positives", "masks that are right on no object", errors.falsePositives),
        row("false negatives", "objects that no mask is right on", errors.falseNegatives),
      ],
    })}
  `;
}

function cocoTable(coco: NonNullable<Analysis["coco"]>): Markup {
  const row = (name: string, note: string, key: "AP" | "AR", all: number | null): TableRow => ({
    name,
    note,
    cells: [all, coco[`${key}small`], coco[`${key}medium`], coco[`${key}large`]].map(percent),
  });
  const bare = (name: string, note: string, value: number | null): TableRow => ({
    name,
    note,
    cells: [percent(value), "", "", ""],
  });
  return table({
    caption:
      "Instance masks by MS COCO's rules, in percent, by area of the object: small up to 32², medium up to 96² pixels",
    head: ["Score", "all", "small", "medium", "large"],
    rows: [
      row("AP", "mean over IoU 0.50, 0.55, … 0.95", "AP", coco.AP),
      bare("AP50", "at IoU 0.50", coco.AP50),
      bare("AP75", "at IoU 0.75", coco.AP75),
      bare("AR1", "recall, one mask an image and class", coco.AR1),
      row("AR100", "recall, up to a hundred", "AR", coco.AR100),
    ],
  });
}

/** Classes up to which the whole matrix is shown. */
const MOST_CLASSES = 24;

/** What is taken for what, in pixels: the costliest pairs, and where classes are few the whole matrix. */
export function confusionTables({ confusion: { labels, counts } }: Analysis, classes: readonly string[]): Markup {
  const names = ["background", ...classes], all = [...names.keys()];
  const at = (is: number, called: number) => counts[is * labels + called]!;
  const total = all.map((is) => all.reduce((sum, called) => sum + at(is, called), 0));
  const shown = all.filter((label) => total[label]! > 0 || all.some((is) => at(is, label) > 0));
  const fraction = (is: number, called: number) => 100 * at(is, called) / total[is]!;
  const pairs = all.flatMap((is) =>
    all.filter((called) => called !== is && at(is, called) > 0).map((called) => ({ is, called }))
  )
    .sort((a, b) => at(b.is, b.called) - at(a.is, a.called)).slice(0, 12);
  const wrong = all.reduce((sum, is) => sum + total[is]! - at(is, is), 0);
  return html`
    ${classes.length <= MOST_CLASSES && table({
      caption: "Of the pixels of each class, rows, the percentage that pseudo labels give to each, columns",
      head: ["Is, called →", ...shown.map((label) => names[label]!)],
      rows: shown.map((is) => ({
        name: names[is]!,
        cells: shown.map((called) => {
          const value = fraction(is, called), heat = Number.isNaN(value) ? null : value;
          return { text: heat === null ? "–" : heat < 0.05 ? "·" : heat.toFixed(1), value: heat ?? -1, heat };
        }),
      })),
    })}
    ${pairs.length > 0 && table({
      caption: "The confusions that cost most pixels",
      head: ["Is", "called", "pixels", "of its class, %", "of all that is wrong, %"],
      rows: pairs.map(({ is, called }) => ({
        name: names[is]!,
        cells: [
          names[called]!,
          { text: at(is, called).toLocaleString("en"), value: at(is, called) },
          { text: fraction(is, called).toFixed(1), value: fraction(is, called) },
          { text: (100 * at(is, called) / wrong).toFixed(1), value: at(is, called) / wrong },
        ],
      })),
      sortable: true,
    })}
  `;
}
