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

/** What may follow a token, or `null` where the token itself may not stand. */
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
