import { escape } from "@std/html/entities";

/** Text that is markup already. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** A template whose values are escaped unless they are markup; lists are joined, `null` and `false` are nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    strings.reduce((text, string, i) => text + string + (i < parts.length ? textOf(parts[i]) : ""), ""),
  );
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(textOf).join("");
  return escape(String(part));
}

/** Attributes of an element, with a space ahead; `undefined` leaves one out. */
function attributes(values: Readonly<Record<string, string | number | undefined>>): Markup {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Markup(given.map(([name, value]) => ` ${name}="${escape(String(value))}"`).join(""));
}

/** Data for the page's script. */
export function jsonScript(id: string, value: unknown): Markup {
  const json = JSON.stringify(value).replaceAll("<", "\\u003c");
  return new Markup(`<script type="application/json" id="${id}">${json}</script>`);
}

/** A percentage with one decimal, or a dash. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(1);
}

/** A cell that knows its value. */
interface ValueCell {
  /** Text of the cell. */
  readonly text: string;
  /** Value that columns are sorted by. */
  readonly value?: number;
  /** Length of a bar behind the text, percent. */
  readonly fraction?: number | null;
  /** Depth of a colour behind the text, percent. */
  readonly heat?: number | null;
  /** Words, which begin at the left and may take several lines. */
  readonly isText?: boolean;
}

/** A row: its name and its cells. */
export interface TableRow {
  /** Name. */
  readonly name: string;
  /** Said beside it in small. */
  readonly note?: string | null;
  /** Drawn paler than the others. */
  readonly muted?: boolean;
  /** One a column, after the name. */
  readonly cells: readonly (string | ValueCell)[];
}

/** Content of a table. */
interface TableContent {
  /** Subject, in a sentence. */
  readonly caption: string;
  /** Names of the columns, with what they mean where that is not plain; `isText`: of words. */
  readonly head: readonly (string | { readonly text: string; readonly title?: string; readonly isText?: boolean })[];
  /** Rows. */
  readonly rows: readonly TableRow[];
  /** Rows of others, set apart below a line that says whose they are. */
  readonly apart?: { readonly title: string; readonly rows: readonly TableRow[] } | null;
  /** The row of sums or means. */
  readonly foot?: TableRow;
  /** Sorts at a press on a column's name. */
  readonly sortable?: boolean;
}

/** A table that scrolls within the page where it is too wide. */
export function table({ caption, head, rows, apart = null, foot, sortable = false }: TableContent): Markup {
  return html`
    <figure class="table">
      <figcaption>${caption}</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label="${caption}">
        <table${attributes({ class: sortable ? "sortable" : undefined })}>
          <thead><tr>${head.map(headCell)}</tr></thead>
          <tbody>${rows.map(tableRow)}</tbody>
          ${apart &&
            html`
              <tbody class="apart">
                <tr><th scope="rowgroup" colspan="${head.length}"><span>${apart.title}</span></th></tr>
                ${apart.rows.map(tableRow)}
              </tbody>
            `}
          ${foot && html`<tfoot>${tableRow(foot)}</tfoot>`}
        </table>
      </div>
    </figure>
  `;
}

function headCell(column: TableContent["head"][number]): Markup {
  const { text, title, isText = false } = typeof column === "string" ? { text: column } : column;
  return html`<th${attributes({ scope: "col", title, class: isText ? "words" : undefined })}>${text}</th>`;
}

function tableRow({ name, note = null, muted = false, cells }: TableRow): Markup {
  const beside = note !== null && html`
    <small>${note}</small>
  `;
  const own = attributes({ class: muted ? "muted" : undefined });
  return html`<tr${own}><th scope="row">${name}${beside}</th>${cells.map(bodyCell)}</tr>`;
}

function bodyCell(cell: string | ValueCell): Markup {
  const { text, value, fraction = null, heat = null, isText }: ValueCell = typeof cell === "string"
    ? { text: cell }
    : cell;
  const style = fraction !== null
    ? { class: "bar", style: `--fraction:${fraction.toFixed(1)}%` }
    : heat !== null
    ? { class: "heat", style: `--heat:${heat.toFixed(1)}%` }
    : isText
    ? { class: "words" }
    : {};
  return html`<td${attributes({ "data-value": value, ...style })}>${text}</td>`;
}
