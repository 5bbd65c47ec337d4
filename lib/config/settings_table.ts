import { presets } from "./config.ts";
import { isNullable, type SchemaNode, type Setting, settings, valueOf, withoutNull } from "./settings.ts";

const COLUMNS = ["", "paper", "lite", "sample", "coco", "unit and bounds", "source"] as const;

/** Longest text of a default, characters: longer lists are cut. */
const LONGEST = 18;

/**
 * Every setting in a table, group by group: its default in each preset (in the others where it is not that of
 * `paper`), its unit and bounds, and where the default comes from; on a second line what it is.
 *
 * @returns Lines of text.
 */
export function settingsTable(): string {
  const leaves = settings.filter(({ isGroup }) => !isGroup);
  const groups = Map.groupBy(leaves, ({ key }) => key.slice(0, Math.max(0, key.lastIndexOf("."))));
  const rows = new Map(leaves.map((setting) => [setting, rowOf(setting)]));
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.values().map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()}`;
  const lines = [...groups].flatMap(([group, members]) => {
    const help = settings.find(({ key }) => key === group)?.schema.help;
    const heading = help === undefined ? [] : ["", `${group}: ${help}`];
    return [...heading, ...members.flatMap((member) => [line(rows.get(member)!), `      ${member.schema.help}`])];
  });
  return [
    "Settings (--set group.name=value); lite, sample and coco where they differ from paper",
    line(COLUMNS),
    ...lines,
  ]
    .join("\n");
}

function rowOf({ key, schema }: Setting): string[] {
  const paper = show(valueOf(presets.paper, key));
  const other = (preset: "lite" | "sample" | "coco") => {
    const text = show(valueOf(presets[preset], key));
    return text === paper ? "" : text;
  };
  const bounds = [schema.unit ?? "", boundsOf(schema)].filter((text) => text !== "").join(", ");
  return [
    key.slice(key.lastIndexOf(".") + 1),
    paper,
    other("lite"),
    other("sample"),
    other("coco"),
    bounds,
    sourceOf(key),
  ];
}

/** Where the default of a setting comes from: its own source, or that of the group it is in. */
function sourceOf(key: string): string {
  const holds = (group: string) => key === group || key.startsWith(`${group}.`);
  return settings.findLast(({ key, schema }) => holds(key) && schema.source !== undefined)?.schema.source ?? "";
}

function boundsOf(schema: SchemaNode): string {
  const node = withoutNull(schema), { minimum, maximum, exclusiveMinimum, multipleOf, items, prefixItems } = node;
  const end = isNullable(schema) ? " or null" : "";
  if (node.enum) return node.enum.join(" | ") + end;
  if (node.anyOf) return node.anyOf.map((choice) => choice.const).join(" | ") + end;
  if (prefixItems) return `${prefixItems.length} × ${boundsOf(prefixItems[0]!)}${end}`;
  if (items) return `list, each ${boundsOf(items)}${end}`;
  if (node.type !== "number" && node.type !== "integer") {
    return (node.type === "boolean" ? "true | false" : schema.path ?? (schema.isList ? "list of images" : "text")) +
      end;
  }
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const limits = exclusiveMinimum !== undefined
    ? `> ${exclusiveMinimum}`
    : isBounded
    ? `${minimum}…${maximum}`
    : `≥ ${minimum}`;
  return [node.type === "integer" ? `whole ${limits}` : limits, ...multipleOf ? [`${multipleOf}·n`] : []].join(", ") +
    end;
}

function show(value: unknown): string {
  if (value === undefined) return "–"; // its group is null
  const text = Array.isArray(value) ? value.join() : String(value);
  if (text.length <= LONGEST) return text;
  const short = Array.isArray(value) ? `${value[0]},${value[1]}…${value.at(-1)}` : text;
  return short.length <= LONGEST ? short : `${short.slice(0, LONGEST - 1)}…`;
}
