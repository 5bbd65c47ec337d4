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
  return escapeHtml(String(part));
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Attributes of an element, with a space ahead; `undefined` leaves one out. */
export function attributes(values: Readonly<Record<string, string | number | undefined>>): Markup {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Markup(given.map(([name, value]) => ` ${name}="${escapeHtml(String(value))}"`).join(""));
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
