/**
 * Single settings, as the schema has them: their keys, the values they may have, and which of them are paths.
 * @module
 */
import { closestString } from "@std/text/closest-string";
import { z } from "zod";
import { type Config, configSchema, type SettingFacts } from "./schema.ts";

/** The part of a JSON Schema that zod writes for our configuration. */
export interface SchemaNode extends Partial<SettingFacts> {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode | false;
  readonly prefixItems?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A setting, or a group of settings. */
export interface Setting {
  /** Its key, such as `walk` or `walk.radius`. */
  readonly key: string;
  /** Its type, bounds and facts. */
  readonly schema: SchemaNode;
  /** It is a group. */
  readonly isGroup: boolean;
}

const root = z.toJSONSchema(configSchema) as SchemaNode;

/** All settings and groups, each group before what is in it. */
export const settings: readonly Setting[] = settingsIn(root, "");

function settingsIn(node: SchemaNode, prefix: string): Setting[] {
  return Object.entries(withoutNull(node).properties ?? {}).flatMap(([name, schema]) => {
    const key = `${prefix}${name}`, inner = settingsIn(schema, `${key}.`);
    return [{ key, schema, isGroup: inner.length > 0 }, ...inner];
  });
}

/** The default of every setting: the preset `paper`. */
export function defaults(): Config {
  return configSchema.parse(defaultOf(root));
}

function defaultOf({ default: initial, properties }: SchemaNode): unknown {
  if (!properties) return structuredClone(initial);
  const inner = Object.entries(properties).map(([name, node]) => [name, defaultOf(node)]);
  return { ...Object.fromEntries(inner), ...structuredClone(initial ?? {}) };
}

/** The value of a setting in a configuration; `undefined` where its group is null. */
export function valueOf(config: Config, key: string): unknown {
  return key.split(".").reduce<unknown>((value, part) => (value as Record<string, unknown> | null)?.[part], config);
}

/** Settings whose values in a configuration are paths, with these; names of lists only where they look like a path. */
export function pathsIn(config: Config): (Setting & { path: string })[] {
  return settings.flatMap((setting) => {
    const { path, isList } = setting.schema, value = valueOf(config, setting.key);
    const isPath = path !== undefined || (isList && /[/\\.]/.test(String(value)));
    return isPath && typeof value === "string" ? [{ ...setting, path: value }] : [];
  });
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
  const keys = settings.map(({ key }) => key), alike = keys.filter((known) => last(known) === last(key));
  return closestString(key, alike.length > 0 ? alike : keys);
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

/** Type and bounds of a value, in words. */
export function describe(node: SchemaNode): string {
  return `${describeValue(withoutNull(node))}${isNullable(node) ? " or null" : ""}`;
}

function describeValue(node: SchemaNode): string {
  if (node.enum) return `one of ${node.enum.join(", ")}`;
  if (node.anyOf) return `one of ${node.anyOf.map((choice) => choice.const).join(", ")}`;
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
      return `a list of ${describeLength(node)}each ${describe(node.items || {})}`;
    case "object":
      return `an object of ${Object.keys(node.properties ?? {}).join(", ")}`;
    default:
      return "a value";
  }
}

function describeLength({ minItems, maxItems }: SchemaNode): string {
  if (maxItems !== undefined) return `${minItems ?? 0} to ${maxItems}, `;
  return minItems ? `${minItems} or more, ` : "";
}

function describeRange({ minimum, maximum, exclusiveMinimum, multipleOf }: SchemaNode): string {
  const step = multipleOf === undefined ? "" : `, a multiple of ${multipleOf}`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${step}`;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && bounded) return ` from ${minimum} to ${maximum}${step}`;
  return minimum !== undefined ? ` of at least ${minimum}${step}` : step;
}

/** A schema that takes null. */
export function isNullable({ type, anyOf }: SchemaNode): boolean {
  return type === "null" || (Array.isArray(type) && type.includes("null")) || (anyOf ?? []).some(isNullable);
}

/** The schema of a value that is not null. */
export function withoutNull(node: SchemaNode): SchemaNode {
  if (node.anyOf && isNullable(node)) return node.anyOf.find((choice) => choice.type !== "null") ?? node;
  if (Array.isArray(node.type)) return { ...node, type: node.type.find((type) => type !== "null") ?? "null" };
  return node;
}
