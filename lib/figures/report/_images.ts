import type { ImageRecord } from "../../evaluation/image_records.ts";
import { html, jsonScript, type Markup, percent, table } from "./_html.ts";

const COLUMNS = [
  { text: "mIoU", title: "Mean IoU of its pseudo semantic labels, percent" },
  { text: "true", title: "Objects of the ground truth" },
  { text: "found", title: "Pseudo instances" },
  { text: "right", title: "Pseudo instances that match an object at IoU 0.5" },
  { text: "merged", title: "Pseudo instances over two objects or more" },
  { text: "split", title: "Objects in two pseudo instances or more" },
  { text: "missed", title: "Objects without a pseudo instance" },
] as const;

/** Rows without the script, which shows all, a page at a time. */
const STILL = 20;

/**
 * Every image in a table. Without the script the first of them; with it all, which it finds in the page as one array of
 * bare values an image.
 *
 * @param records One an image, in the order of the list.
 * @param options Names of all classes, and ids of the images that have pictures, in the order of these.
 */
export function imageTable(
  records: readonly ImageRecord[],
  { classes, pictured }: { readonly classes: readonly string[]; readonly pictured: readonly string[] },
): Markup {
  const indexOf = new Map(classes.map((name, n) => [name, n])), cardOf = new Map(pictured.map((id, n) => [id, n]));
  const numbers = ({ miou, instances }: ImageRecord) => [
    miou === null ? null : Number(miou.toFixed(2)),
    ...(["true", "found", "right", "merged", "split", "missed"] as const).map((key) => instances?.[key] ?? null),
  ];
  const rows = records.map((one) => [
    one.id,
    one.classes.map((name) => indexOf.get(name)!),
    ...numbers(one),
    one.reason ?? "",
    cardOf.get(one.id) ?? null,
  ]);
  return html`
    <form class="tools search" hidden>
      <label>Find <input type="search" name="find" autocomplete="off" spellcheck="false"
        placeholder="cat missed>0 miou<50"></label>
      <output aria-live="polite"></output>
      <small>Words of name, classes and reason; and conditions on numbers, such as <code>merged&gt;0</code>.</small>
    </form>
    <div id="images-table">${table({
      caption: records.length > STILL
        ? `Results on ${records.length} images at IoU 0.5; without scripts the first ${STILL}, all are in images.jsonl`
        : `Results on ${records.length} images at IoU 0.5`,
      head: ["Image", { text: "classes", isText: true }, ...COLUMNS, { text: "what is wrong", isText: true }],
      rows: records.slice(0, STILL).map((one) => ({
        name: one.id,
        cells: [
          { text: one.classes.join(", "), isText: true },
          ...numbers(one).map((value, n) => n === 0 ? percent(value) : String(value ?? "–")),
          { text: one.reason ?? "", isText: true },
        ],
      })),
    })}</div>
    <p class="pager" hidden><button type="button" data-step="-1">‹ before</button><span></span><button type="button"
      data-step="1">next ›</button></p>
    ${jsonScript("images-data", { classes, columns: COLUMNS.map(({ text }) => text), rows })}
  `;
}
