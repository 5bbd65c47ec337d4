import { dirname } from "node:path";
import { closestString } from "@std/text/closest-string";
import { type Config, presets } from "./config.ts";
import { parseJson, showJson } from "../files/json.ts";
import { isGroup, merge } from "./merge.ts";
import { configSchema } from "./schema.ts";
import { describe, nearestKey, parseValue, schemaOf } from "./settings.ts";
import { UsageError } from "./usage_error.ts";
import { mapPaths, userPath } from "./user_path.ts";

/** Where a configuration comes from; later ones change single values of earlier ones. */
export interface ConfigSources {
  /** Name of the preset; absent: the one that the file names, else `paper`. */
  readonly preset?: string;
  /** A JSON file with any part of a configuration. */
  readonly file?: string;
  /** Keys and the text of their values, such as `["walk.beta", "8"]`. Lists are JSON, or separated by commas. */
  readonly settings?: readonly (readonly [key: string, text: string])[];
  /** Where relative paths among these start; those of the file start beside it. */
  readonly folder?: string | undefined;
}

/**
 * Puts a configuration together: a preset, then a file, then single settings.
 *
 * @param sources Where it comes from.
 * @returns The checked configuration.
 * @throws UsageError naming the key, what was expected and what was found; for an unknown key, the nearest valid one.
 * @example
 * ```ts
 * import { loadConfig } from "./load_config.ts";
 * const config = loadConfig({ preset: "lite", settings: [["walk.beta", "8"], ["cam.scales", "1,2"]] });
 * ```
 */
export function loadConfig({ preset, file, settings = [], folder }: ConfigSources): Config {
  const partial = file === undefined ? {} : mapPaths(readPartial(file), (path) => userPath(path, dirname(file)));
  const named = partial["preset"];
  if (preset !== undefined && named !== undefined && named !== preset) {
    throw new UsageError(
      `Expected the preset ${preset} in ${file}, as in --preset, but found ${JSON.stringify(named)}`,
    );
  }
  const start = usage(() => check(merge(presetOf(preset ?? named ?? "paper"), partial)), file);
  return changeConfig(start, { settings, folder });
}

/**
 * Changes single settings of a configuration.
 *
 * @param config The configuration.
 * @param sources The settings, and where relative paths among them start.
 * @returns The checked configuration.
 * @throws UsageError as {@linkcode loadConfig}.
 */
export function changeConfig(
  config: Config,
  { settings = [], folder }: Pick<ConfigSources, "settings" | "folder">,
): Config {
  let changed: unknown = config;
  for (const [key, text] of settings) {
    changed = merge(changed, mapPaths(settingOf(key, text), (path) => userPath(path, folder)));
  }
  return check(changed);
}

/**
 * Completes any part of a configuration, such as the one that a run has stored, with the preset that it names.
 *
 * @param partial Settings, those of `paper` where it names no preset.
 * @returns The checked configuration.
 * @throws UsageError naming the key, what was expected and what was found.
 */
export function completeConfig(partial: Record<string, unknown>): Config {
  return check(merge(presetOf(partial["preset"] ?? "paper"), partial));
}

function presetOf(name: unknown): Config {
  if (typeof name === "string" && Object.hasOwn(presets, name)) return presets[name as Config["preset"]];
  const names = Object.keys(presets);
  throw new UsageError(
    `Expected one of ${names.join(", ")} as preset but found ${name}; the nearest is ${
      closestString(String(name), names)
    }`,
  );
}

function readPartial(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    throw new UsageError(`Expected a configuration in ${file} but found: ${(error as Error).message}`);
  }
  const value = usage(() => parseJson(text, file));
  if (!isGroup(value)) throw new UsageError(`Expected an object of settings in ${file} but found ${show(value)}`);
  return value;
}

/** Errors become those of usage, and name the file where there is one. */
function usage<T>(work: () => T, file?: string): T {
  try {
    return work();
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(file === undefined ? message : message.replaceAll(/$/gm, `, in ${file}`));
  }
}

/** One setting as a partial configuration. */
function settingOf(key: string, text: string): Record<string, unknown> {
  if (key === "preset") throw new UsageError(`Expected the preset as --preset ${text} but found it in --set`);
  const path = key.split(".");
  const schema = schemaOf(path);
  if (!schema) throw unknownKey(key);
  const value = parseValue(text, schema);
  if (value === undefined) throw new UsageError(`Expected ${describe(schema)} for ${key} but found ${show(text)}`);
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Record<string, unknown>;
}

function check(value: unknown): Config {
  const { success, data, error } = configSchema.safeParse(value);
  if (success) {
    const unknown = data.evaluation.classes?.find((name) => !data.data.classes.includes(name));
    if (unknown === undefined) return data;
    throw new UsageError(
      `Expected classes of data.classes in evaluation.classes but found ${unknown}; the nearest is ` +
        closestString(unknown, data.data.classes),
    );
  }
  throw new UsageError(
    error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownKey([...issue.path, key].join(".")).message)
        : [wrongValue(issue.path, value, issue.code === "custom" ? issue.message : undefined)]
    ).join("\n"),
  );
}

function unknownKey(key: string): UsageError {
  return new UsageError(`Expected a setting but found the unknown key ${key}; the nearest is ${nearestKey(key)}`);
}

function wrongValue(path: readonly PropertyKey[], config: unknown, expected?: string): string {
  const key = path.map((part) => typeof part === "number" ? `[${part}]` : `.${String(part)}`).join("").slice(1);
  const found = path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    config,
  );
  return `Expected ${expected ?? describe(schemaOf(path) ?? {})} for ${key} but found ${show(found)}`;
}

function show(value: unknown): string {
  const isLong = Array.isArray(value) && value.length > 20;
  return isLong ? `${value.length}, ${showJson(value)}` : showJson(value);
}
