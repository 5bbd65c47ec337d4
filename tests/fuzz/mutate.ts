/** Damages files in ways that repeat, and checks that a parser stands it. */
import { assert } from "../assert.ts";

/** Files a parser: a few in the suite, `IRNET_FUZZ=2000 deno test -A tests/fuzz` for the whole campaign. */
export const COUNT = Number(Deno.env.get("IRNET_FUZZ") ?? 100);

/** How {@linkcode fuzz} judges a parser. */
export interface FuzzOptions<T> {
  /** Name that the parser is given for the file; every error has to contain it. */
  readonly file: string;
  /** What every error has to contain besides the file's name: an offset, a line, or a key. */
  readonly where: RegExp;
  /** Parses a damaged file. */
  readonly parse: (bytes: Uint8Array, file: string) => T | Promise<T>;
  /** Throws if what the parser returned is not what the damaged file says; absent: any result is right. */
  readonly check?: (result: T, bytes: Uint8Array) => void;
  /** Texts that the format knows, for insertion. */
  readonly tokens?: readonly string[];
}

/**
 * Gives a parser damaged copies of files: each must end in a right result or in an error that says where.
 *
 * @returns How many files were refused and how many were read.
 */
export async function fuzz<T>(
  originals: readonly Uint8Array[],
  { file, where, parse, check, tokens = [] }: FuzzOptions<T>,
): Promise<{ refused: number; read: number }> {
  let refused = 0;
  for (let i = 0; i < COUNT; i++) {
    const { bytes, steps } = mutate(originals, { seed: i, tokens });
    const copy = bytes.slice();
    let result: { value: T } | { error: unknown };
    try {
      result = { value: await parse(bytes, file) };
    } catch (error) {
      result = { error };
    }
    const label = `File ${i} (${steps.join(", ")})`;
    if ("error" in result) {
      refused++;
      const message = result.error instanceof Error ? result.error.message : String(result.error);
      assert(
        message.includes(file) && where.test(message),
        `${label}: Expected an error that says where but found: ${message}`,
      );
    } else {
      assert(copy.every((byte, at) => byte === bytes[at]), `${label}: Expected the parser to leave its input alone`);
      check?.(result.value, bytes);
    }
  }
  if (COUNT >= 2000) report(file, refused);
  return { refused, read: COUNT - refused };
}

/** Prints counts, and holds the whole process to 1 GB. */
function report(file: string, refused: number): void {
  const status = Deno.build.os === "linux" ? Deno.readTextFileSync("/proc/self/status") : "";
  const peak = Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1e6;
  console.log(`${file}: ${refused} of ${COUNT} refused, peak memory of the process ${peak.toFixed(2)} GB`);
  assert(peak < 1, `Expected less than 1 GB but found ${peak} GB`);
}

/**
 * One to four damages to one of several files, the same for the same seed.
 *
 * @returns The damaged copy, and what was done to it.
 */
export function mutate(
  originals: readonly Uint8Array[],
  { seed, tokens = [] }: { seed: number; tokens?: readonly string[] },
): { bytes: Uint8Array; steps: string[] } {
  const draw = generator(seed);
  const below = (n: number) => Math.floor(draw() * n);
  let bytes: Uint8Array = originals[below(originals.length)]!.slice();
  const steps: string[] = [];
  for (let left = 1 + below(4) * below(2); left > 0; left--) {
    const names = Object.keys(DAMAGES);
    const name = names[below(names.length)]!;
    bytes = DAMAGES[name]!(bytes, { below, originals, tokens });
    steps.push(name);
  }
  return { bytes, steps };
}

interface Source {
  /** Draws a whole number below n. */
  readonly below: (n: number) => number;
  readonly originals: readonly Uint8Array[];
  readonly tokens: readonly string[];
}

const HUGE = [0xff, 0x7f, 0x80, 0x00];
const NUMBERS = ["0", "-1", "1e999", "4294967296", "99999999999999999999", "NaN"];

const DAMAGES: Record<string, (bytes: Uint8Array, source: Source) => Uint8Array> = {
  "bit flips": (bytes, { below }) => {
    for (let i = 1 + below(8); i > 0 && bytes.length > 0; i--) bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  "random bytes": (bytes, { below }) => {
    const at = below(bytes.length + 1);
    for (let i = at; i < Math.min(bytes.length, at + 1 + below(16)); i++) bytes[i] = below(256);
    return bytes;
  },
  "cut off": (bytes, { below }) => bytes.slice(0, below(bytes.length + 1)),
  "cut off near the end": (bytes, { below }) => bytes.slice(0, Math.max(0, bytes.length - 1 - below(40))),
  "insertion": (bytes, { below, tokens }) => {
    const token = [...tokens, ...NUMBERS][below(tokens.length + NUMBERS.length)]!;
    const random = Uint8Array.from({ length: 1 + below(32) }, () => below(256));
    return splice(bytes, { at: below(bytes.length + 1), insert: below(2) ? new TextEncoder().encode(token) : random });
  },
  "deletion": (bytes, { below }) => splice(bytes, { at: below(bytes.length + 1), remove: 1 + below(64) }),
  "repeated slice": (bytes, { below }) => {
    const from = below(bytes.length + 1);
    const insert = bytes.slice(from, from + 1 + below(256));
    return splice(bytes, { at: below(bytes.length + 1), insert });
  },
  "huge field": (bytes, { below }) => {
    const length = 1 << below(4), at = below(Math.max(1, bytes.length - length + 1));
    bytes.fill(HUGE[below(HUGE.length)]!, at, at + length);
    return bytes;
  },
  "huge field near the end": (bytes, { below }) => {
    const length = 1 << below(4), at = Math.max(0, bytes.length - below(64) - length);
    bytes.fill(HUGE[below(HUGE.length)]!, at, at + length);
    return bytes;
  },
  "swapped chunks": (bytes, { below }) => {
    const [a, b, c] = [0, 0, 0].map(() => below(bytes.length + 1)).sort((x, y) => x - y) as [number, number, number];
    return concat([bytes.slice(0, a), bytes.slice(b, c), bytes.slice(a, b), bytes.slice(c)]);
  },
  "other file's end": (bytes, { below, originals }) => {
    const other = originals[below(originals.length)]!;
    return concat([bytes.slice(0, below(bytes.length + 1)), other.slice(below(other.length + 1))]);
  },
};

function splice(
  bytes: Uint8Array,
  { at, remove = 0, insert = new Uint8Array(0) }: { at: number; remove?: number; insert?: Uint8Array },
): Uint8Array {
  return concat([bytes.slice(0, at), insert, bytes.slice(at + remove)]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Uniform numbers in [0, 1) by a multiplicative hash of a counter. */
function generator(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9 >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
