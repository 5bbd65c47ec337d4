import type { InstanceErrors } from "../../evaluation/analysis.ts";
import type { ComparisonRows } from "../../evaluation/comparison.ts";
import { ERROR_TYPES } from "../../evaluation/instance_errors.ts";
import type { PairedRuns } from "../../evaluation/paired.ts";
import type { AveragePrecisions } from "../../evaluation/percentages.ts";
import { html, type Markup, percent, table } from "./_html.ts";

/** Two runs side by side. */
export interface Against {
  /** Where the other run is. */
  readonly name: string;
  /** What differs, in sentences. */
  readonly sentences: readonly string[];
  /** Settings that differ: key, value here, value there. */
  readonly settings: readonly (readonly [key: string, own: string, other: string])[];
  /** Scores as each run states them: name, percent here, percent there. */
  readonly stated: readonly (readonly [name: string, own: number | null, other: number | null])[];
  /** Both on the same images; `null` where images of the other are not known. */
  readonly paired: PairedRuns | null;
}

/** Images that changed most, of each sign. */
const MOST_CHANGED = 12;

/** What differs between two runs: data and settings in words, scores, errors, images. */
export function againstTables({ name, sentences, settings, stated, paired }: Against): Markup {
  return html`
    <p>Beside <code>${name}</code>.</p>
    <ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>
    ${paired && pairedTables(paired)}
    ${table({
      caption: "Scores as each run states them, percent",
      head: ["Score", "this run", "the other", "difference"],
      rows: stated.map(([name, own, other]) => ({
        name,
        cells: [percent(own), percent(other), difference(own, other)],
      })),
    })}
    ${settings.length > 0 && table({
      caption: "Settings that differ",
      head: ["Setting", ...["this run", "the other"].map(words)],
      rows: settings.map(([name, ...values]) => ({ name, cells: values.map((text) => ({ text, isText: true })) })),
    })}
  `;
}

function pairedTables({ scores, own, other, images }: PairedRuns): Markup {
  const changes = images.flatMap(([a, b]) => a.miou === null || b.miou === null ? [] : [{ a, b, by: a.miou - b.miou }])
    .filter(({ by }) => by !== 0).sort((x, y) => x.by - y.by);
  const most = changes.length > 2 * MOST_CHANGED
    ? [...changes.slice(0, MOST_CHANGED), ...changes.slice(-MOST_CHANGED)]
    : changes;
  return html`
    ${table({
      caption: "Both on the same images, percent; 95 of 100 differences, where images are drawn again, lie in the span",
      head: ["Score", "images", "this run", "the other", "difference", "span"],
      rows: scores.map(({ name, images, own, other, ends }) => ({
        name,
        note: ends && (ends[0] > 0 || ends[1] < 0) ? null : "no difference to speak of",
        cells: [
          String(images),
          percent(own),
          percent(other),
          difference(own, other),
          ends ? `${signed(ends[0])} … ${signed(ends[1])}` : "–",
        ],
      })),
    })}
    ${own.errors && other.errors && errorTable(own.errors, other.errors)}
    ${most.length > 0 && table({
      caption: `Images whose mIoU changed most, of ${images.length} in both`,
      head: [
        "Image",
        "this run",
        "the other",
        "difference",
        "right masks",
        "there",
        ...["what is wrong", "there"].map(words),
      ],
      rows: most.map(({ a, b, by }) => ({
        name: a.id,
        cells: [
          { text: percent(a.miou), value: a.miou! },
          { text: percent(b.miou), value: b.miou! },
          { text: signed(by), value: by },
          { text: String(a.instances?.right ?? "–"), value: a.instances?.right ?? -1 },
          { text: String(b.instances?.right ?? "–"), value: b.instances?.right ?? -1 },
          { text: a.reason ?? "", isText: true },
          { text: b.reason ?? "", isText: true },
        ],
      })),
      sortable: true,
    })}
  `;
}

function errorTable(own: InstanceErrors, other: InstanceErrors): Markup {
  const kinds = [
    ...ERROR_TYPES.map((type) => [type, own.types[type], other.types[type]] as const),
    ...(["merged", "split"] as const).map((kind) => [kind, own[kind], other[kind]] as const),
  ];
  return table({
    caption: "Errors of instances on the same images: counts, and what correcting each alone adds to AP50",
    head: ["Error", "count", "the other's", "ΔAP50", "the other's"],
    rows: kinds.map(([name, a, b]) => ({
      name,
      cells: [String(a.count), String(b.count), a.gain?.toFixed(2) ?? "–", b.gain?.toFixed(2) ?? "–"],
    })),
  });
}

const words = (text: string) => ({ text, isText: true });

const signed = (value: number) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(1)}`;

const difference = (own: number | null, other: number | null) =>
  own === null || other === null ? "–" : signed(own - other);

/** Tables of `compare`. */
export interface ComparedRun {
  /** Pseudo labels of training images. */
  readonly pseudoLabels: { readonly split: string; readonly instanceSplit: string } & ComparisonRows;
  /** DeepLab on validation images, by the labels it was trained on. */
  readonly deepLab: { readonly split: string; readonly rows: ComparisonRows["semantic"] };
  /** Mask R-CNN, by the masks it was trained on. */
  readonly maskRcnn: { readonly split: string; readonly rows: ComparisonRows["instance"] };
}

/** What labels are worth: their own scores, and those of networks trained on them. */
export function comparisonTables({ pseudoLabels, deepLab, maskRcnn }: ComparedRun): Markup {
  const semantic = (caption: string, rows: ComparisonRows["semantic"]) =>
    Object.keys(rows).length > 0 && table({
      caption: `${caption}, mean IoU in percent`,
      head: ["Labels", "images", "mIoU"],
      rows: Object.entries(rows).map(([name, { images, miou }]) => ({
        name,
        cells: [String(images), { text: percent(miou), value: miou ?? -1, fraction: miou }],
      })),
    });
  const instance = (caption: string, rows: ComparisonRows["instance"]) => {
    const keys = Object.keys(Object.values(rows)[0] ?? {}).filter((key) =>
      /^ap\d+$/.test(key)
    ) as (keyof AveragePrecisions)[];
    return keys.length > 0 && table({
      caption: `${caption}, average precision in percent`,
      head: ["Masks", "images", ...keys.map((key) => key.toUpperCase())],
      rows: Object.entries(rows).map(([name, row]) => ({
        name,
        cells: [String(row.images), ...keys.map((key) => percent(row[key]))],
      })),
    });
  };
  return html`
    ${semantic(`Semantic labels of ${pseudoLabels.split}`, pseudoLabels.semantic)}
    ${semantic(`DeepLab trained on these, on ${deepLab.split}`, deepLab.rows)}
    ${instance(`Instance masks of ${pseudoLabels.instanceSplit}`, pseudoLabels.instance)}
    ${instance(`Mask R-CNN trained on these, on ${maskRcnn.split}`, maskRcnn.rows)}
  `;
}
