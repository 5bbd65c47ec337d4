/** What the configuration's schema says about single keys, read from its JSON Schema. */
import { z } from "zod";
import { configSchema } from "./_config_schema.ts";
import { nearest } from "../files/nearest.ts";

/** The part of a JSON Schema that zod writes for our configuration. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode | false;
  readonly prefixItems?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
}

const root = z.toJSONSchema(configSchema) as SchemaNode;

/** Keys of all settings and groups, such as `walk` and `walk.radius`. */
const configKeys: readonly string[] = keysOf(root, "");

function keysOf(node: SchemaNode, prefix: string): string[] {
  return Object.entries(withoutNull(node).properties ?? {})
    .flatMap(([name, child]) => [`${prefix}${name}`, ...keysOf(child, `${prefix}${name}.`)]);
}

/** The schema of a key; elements of lists have their number as a part. `null` where there is no such key. */
export function schemaOf(path: readonly PropertyKey[]): SchemaNode | null {
  let node: SchemaNode | undefined = root;
  for (const part of path) {
    const { properties, prefixItems, items }: SchemaNode = withoutNull(node);
    if (typeof part === "number") node = prefixItems?.[part] ?? (items || undefined);
    else node = properties && Object.hasOwn(properties, part) ? properties[String(part)] : undefined;
    if (!node) return null;
  }
  return node;
}

/** The known key nearest to one that is not: one with the same last part if there is any. */
export function nearestKey(key: string): string {
  const last = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  const alike = configKeys.filter((known) => last(known) === last(key));
  return nearest(key, alike.length > 0 ? alike : configKeys)!;
}

/** Text of a command line → the value that a key's schema asks for; `undefined` where it cannot be one. */
export function parseValue(text: string, node: SchemaNode): unknown {
  if (text === "null" && isNullable(node)) return null;
  const { type, items, prefixItems } = withoutNull(node);
  switch (type) {
    case "string":
      return text;
    case "number":
    case "integer":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "array": {
      if (text.trimStart().startsWith("[")) return parseJson(text);
      const parts = text === "" ? [] : text.split(",").map((part) => part.trim());
      const values = parts.map((part, i) => parseValue(part, prefixItems?.[i] ?? (items || { type: "string" })));
      return values.includes(undefined) ? undefined : values;
    }
    default:
      return parseJson(text);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a value must be, in words. */
export function describe(node: SchemaNode): string {
  return `${describeValue(withoutNull(node))}${isNullable(node) ? " or null" : ""}`;
}

function describeValue(node: SchemaNode): string {
  if (node.enum) return `one of ${node.enum.join(", ")}`;
  switch (node.type) {
    case "string":
      return "text";
    case "number":
      return `a number${describeRange(node)}`;
    case "integer":
      return `a whole number${describeRange(node)}`;
    case "boolean":
      return "true or false";
    case "array":
      if (node.prefixItems) return `a list of ${node.prefixItems.length}, each ${describe(node.prefixItems[0]!)}`;
      return `a list of ${node.minItems ? `${node.minItems} or more, ` : ""}each ${describe(node.items || {})}`;
    case "object":
      return `an object of ${Object.keys(node.properties ?? {}).join(", ")}`;
    default:
      return "a value";
  }
}

function describeRange({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && bounded) return ` from ${minimum} to ${maximum}`;
  return minimum !== undefined ? ` of at least ${minimum}` : "";
}

function isNullable({ type, anyOf }: SchemaNode): boolean {
  return type === "null" || (Array.isArray(type) && type.includes("null")) || (anyOf ?? []).some(isNullable);
}

/** The schema of a value that is not null. */
function withoutNull(node: SchemaNode): SchemaNode {
  if (node.anyOf) return node.anyOf.find((choice) => choice.type !== "null") ?? node;
  if (Array.isArray(node.type)) return { ...node, type: node.type.find((type) => type !== "null") ?? "null" };
  return node;
}
