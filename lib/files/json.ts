/** JSON: errors say where it is wrong, and what was found at a place such as `annotations[3].score of a.json`. */

const SPACE = /[ \t\r\n]*/y;
// A text, a number, a word or a sign.
const TOKEN =
  // deno-lint-ignore no-control-regex
  /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;

/**
 * The value of a JSON text, which may begin with a byte order mark.
 *
 * @param text The text.
 * @param name Name of its file, for messages.
 * @returns The value.
 * @throws Error naming file, line and column of what is no JSON.
 * @example
 * ```ts
 * import { parseJson } from "./json.ts";
 * const labels = parseJson(await Deno.readTextFile("labels.json"), "labels.json");
 * ```
 */
export function parseJson(text: string, name: string): unknown {
  const content = text.replace(/^\ufeff/, "");
  try {
    return JSON.parse(content);
  } catch (cause) {
    const at = firstMistake(content);
    const lines = content.slice(0, at).split("\n");
    const found = at < content.length ? JSON.stringify(content.slice(at, at + 12)) : "its end";
    throw new Error(
      `Expected JSON in ${name} but found ${found} at line ${lines.length}, column ${lines.at(-1)!.length + 1}`,
      { cause },
    );
  }
}

type Expected = "value" | "value or end" | "key" | "key or end" | "colon" | "comma or end" | "nothing";

/** Position of the first token that JSON does not allow; the messages of JSON.parse do not always have it. */
function firstMistake(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value", at = 0;
  while (true) {
    SPACE.lastIndex = at;
    SPACE.test(text);
    TOKEN.lastIndex = at = SPACE.lastIndex;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return at;
    const next = after(token, { expected, open });
    if (next === null) return at;
    expected = next;
    at += token.length;
  }
}

/** Tokens that may follow one, or `null` where the token itself may not stand. */
function after(token: string, { expected, open }: { expected: Expected; open: ("{" | "[")[] }): Expected | null {
  const isEnd = token === (open.at(-1) === "{" ? "}" : "]");
  if (isEnd && open.length > 0 && expected.endsWith("or end")) {
    open.pop();
    return open.length > 0 ? "comma or end" : "nothing";
  }
  if (expected === "colon") return token === ":" ? "value" : null;
  if (expected === "comma or end") return token !== "," ? null : open.at(-1) === "{" ? "key" : "value";
  if (expected.startsWith("key")) return token.startsWith('"') ? "colon" : null;
  if (expected === "nothing") return null;
  if (token === "{" || token === "[") {
    open.push(token);
    return token === "{" ? "key or end" : "value or end";
  }
  if (/^[\]},:]$/.test(token)) return null;
  return open.length > 0 ? "comma or end" : "nothing";
}

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws Error unless it is an object. */
export function expectObject(value: unknown, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Error(`Expected an object as ${place} but found ${showJson(value)}`);
}

/** @throws Error unless it is a list. */
export function expectList(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`Expected a list as ${place} but found ${showJson(value)}`);
}

/** @throws Error unless it is text. */
export function expectText(value: unknown, place: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`Expected text as ${place} but found ${showJson(value)}`);
}

/** @throws Error unless it is a finite number. */
export function expectNumber(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`Expected a number as ${place} but found ${showJson(value)}`);
}

/** @throws Error unless it is a whole number or text, as ids are. */
export function expectId(value: unknown, place: string): number | string {
  if (Number.isSafeInteger(value) || (typeof value === "string" && value !== "")) return value as number | string;
  throw new Error(`Expected a whole number or text as ${place} but found ${showJson(value)}`);
}

/** @throws Error unless it is a number of pixels along a side. */
export function expectSide(value: unknown, place: string): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_500) return value as number;
  throw new Error(`Expected a whole number of 1 to 65500 as ${place} but found ${showJson(value)}`);
}

/** A value in short. */
export function showJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
