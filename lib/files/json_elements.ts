/** The elements of the lists in a JSON file that is too large to be held as a whole. */
import { parseJson } from "./json.ts";
import { decodeText } from "./text.ts";

/** An element of a list in the outermost object or list; a value of another kind, and an empty list, as a whole. */
export interface JsonElement {
  /** Key of the list in the outermost object; `null`: the outermost list itself. */
  readonly key: string | null;
  /** Place in the list; `null`: the value is that of the key. */
  readonly n: number | null;
  /** The value. */
  readonly value: unknown;
  /** Reads the value once more. */
  readonly again: () => unknown;
}

/** Bytes read at once. */
const PIECE = 1 << 20;

const [QUOTE, COMMA, COLON, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = new TextEncoder().encode(`",:\\{}[]`);
const UTF_8 = new TextDecoder("utf-8", { fatal: true });
const isSpace = (byte: number) => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/**
 * Goes through a JSON file of one object or list of UTF-8 text, of which one element is in memory at a time.
 *
 * @param path The file.
 * @param parse Parses the text of an element. Default: {@linkcode parseJson}.
 * @throws Error naming file, line and column of what is no JSON, or the key that stands twice.
 */
export function* jsonElements(
  path: string,
  parse: (text: string, name: string) => unknown = parseJson,
): Generator<JsonElement> {
  try {
    yield* elements(path, (text) => parse(text, path));
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    parse(decodeText(Deno.readFileSync(path), path), path); // says where
    throw new Error(`Expected an object or a list of JSON, in UTF-8, in ${path} but found ${error.message}`);
  }
}

/** The text is no JSON, or of a kind that is not gone through. */
class NotJson extends Error {}

function* elements(path: string, parse: (text: string) => unknown): Generator<JsonElement> {
  using bytes = new Bytes(path);
  const value = (start: number, end: number): Pick<JsonElement, "value" | "again"> => ({
    value: bytes.value([start, end], parse),
    again: () => {
      using file = new Bytes(path);
      return file.value([start, end], parse);
    },
  });
  function* list(key: string | null): Generator<JsonElement> {
    const start = bytes.at++;
    let n = 0;
    for (; bytes.next() !== CLOSE_LIST; n++) {
      if (n > 0) bytes.expect(COMMA!, "comma");
      yield { key, n, ...value(...bytes.skipValue()) };
    }
    bytes.at++;
    if (n === 0) yield { key, n: null, ...value(start, bytes.at) };
  }

  const first = bytes.next(), keys = new Set<string>();
  if (first === OPEN_LIST) yield* list(null);
  else {
    bytes.expect(OPEN!, "object");
    while (bytes.next() !== CLOSE) {
      if (keys.size > 0) bytes.expect(COMMA!, "comma");
      const { value: key } = value(...bytes.skipValue());
      if (typeof key !== "string") throw new NotJson("a key that is no text");
      if (keys.has(key)) throw new Error(`Expected every key once in ${path} but found ${key} twice`);
      keys.add(key);
      bytes.expect(COLON!, "colon");
      if (bytes.next() === OPEN_LIST) yield* list(key);
      else yield { key, n: null, ...value(...bytes.skipValue()) };
    }
    bytes.at++;
  }
  if (bytes.next() !== undefined) throw new NotJson("more behind its end");
}

/** Bytes of a file, of which the part from a mark on is held. */
class Bytes {
  /** Place in the file. */
  at = 0;
  readonly #file: Deno.FsFile;
  #held: Uint8Array = new Uint8Array(0);
  #from = 0; // place of the first byte that is held

  constructor(path: string) {
    this.#file = Deno.openSync(path);
    const mark = [0xef, 0xbb, 0xbf];
    if (mark.every((byte, i) => this.#byte(i, 0) === byte)) this.at = 3;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** The byte at a place, where what lies before `keep` is not needed any more; `undefined` behind the end. */
  #byte(at: number, keep: number): number | undefined {
    if (at < this.#from + this.#held.length) return this.#held[at - this.#from];
    const kept = this.#held.subarray(Math.min(this.#held.length, keep - this.#from));
    const next = new Uint8Array(Math.max(PIECE, 2 * kept.length));
    next.set(kept);
    const read = this.#file.readSync(next.subarray(kept.length)) ?? 0;
    this.#from += this.#held.length - kept.length;
    this.#held = next.subarray(0, kept.length + read);
    return this.#held[at - this.#from];
  }

  /** The next byte that is no space. */
  next(): number | undefined {
    let byte = this.#byte(this.at, this.at);
    while (byte !== undefined && isSpace(byte)) byte = this.#byte(++this.at, this.at);
    return byte;
  }

  /** Goes on behind a sign. */
  expect(sign: number, name: string): void {
    if (this.next() !== sign) throw new NotJson(`no ${name} at byte ${this.at}`);
    this.at++;
  }

  /** Goes on behind a value, whose places it returns. */
  skipValue(): [start: number, end: number] {
    this.next();
    const start = this.at;
    let at = start, depth = 0;
    for (;; at++) {
      const byte = this.#byte(at, start);
      if (byte === undefined) break;
      if (byte === QUOTE) at = this.#endOfText(at, start);
      else if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (depth-- === 0) break; // of what it stands in
      } else if (depth === 0 && (byte === COMMA || byte === COLON || isSpace(byte))) break;
      else continue;
      if (depth === 0) {
        at++;
        break;
      }
    }
    this.at = at;
    return [start, at];
  }

  #endOfText(quote: number, keep: number): number {
    for (let at = quote + 1;; at++) {
      const byte = this.#byte(at, keep);
      if (byte === QUOTE || byte === undefined) return at;
      if (byte === BACKSLASH) at++;
    }
  }

  /** The value from one place to another. */
  value([start, end]: readonly [start: number, end: number], parse: (text: string) => unknown): unknown {
    if (start < this.#from || end > this.#from + this.#held.length) {
      this.#file.seekSync(start, Deno.SeekMode.Start);
      this.#held = new Uint8Array(end - start);
      this.#from = start;
      for (let done = 0, read: number | null; done < end - start; done += read) {
        read = this.#file.readSync(this.#held.subarray(done));
        if (read === null) throw new NotJson("its end");
      }
    }
    try {
      return parse(UTF_8.decode(this.#held.subarray(start - this.#from, end - this.#from)));
    } catch (cause) {
      throw new NotJson(`no value at byte ${start}`, { cause });
    }
  }
}
