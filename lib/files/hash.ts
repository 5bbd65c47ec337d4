import { createHash, type Hash, hash } from "node:crypto";

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return hash("sha256", bytes, "hex");
}

/** SHA-256 of a JSON value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return sha256(canonical(value) ?? "undefined");
}

/** As `JSON.stringify`, with sorted keys. */
function canonical(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((part) => canonical(part) ?? "null").join()}]`;
  const record = value as Record<string, unknown>;
  const parts = Object.keys(record).sort().flatMap((key) => {
    const text = canonical(record[key]);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${parts.join()}}`;
}

/** Size and checksums of a file. */
export interface FileFacts {
  /** Its size in bytes. */
  readonly bytes: number;
  /** Its SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Its MD5, where the source states one. */
  readonly md5?: string | undefined;
}

/** Checks size and checksums of bytes that pass by. */
export class Checksums {
  readonly #facts: FileFacts;
  readonly #hashes: readonly (readonly [string, string, Hash])[];
  #size = 0;

  /** Starts before the first byte. */
  constructor(facts: FileFacts) {
    this.#facts = facts;
    this.#hashes = [["sha256", facts.sha256], ["md5", facts.md5]]
      .flatMap(([name, expected]) => expected ? [[name!, expected, createHash(name!)] as const] : []);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes in the next bytes. */
  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    for (const [, , hash] of this.#hashes) hash.update(chunk);
  }

  /** Mistake in the bytes as a whole, or `null`; to be asked once. */
  problem(): string | null {
    if (this.#size !== this.#facts.bytes) return `Expected ${this.#facts.bytes} bytes but found ${this.#size}`;
    for (const [name, expected, hash] of this.#hashes) {
      const found = hash.digest("hex");
      if (found !== expected) return `Expected the ${name} ${expected} but found ${found}`;
    }
    return null;
  }
}

/**
 * Verifies a file's size and checksums.
 *
 * @param path The file.
 * @param facts What it must be.
 * @throws Error naming the file and the first that differs.
 */
export async function verifyFile(path: string, facts: FileFacts): Promise<void> {
  const { size } = await Deno.stat(path);
  if (size !== facts.bytes) throw new Error(`Expected ${facts.bytes} bytes in ${path} but found ${size}`);
  const checksums = new Checksums(facts);
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let read; (read = await file.read(buffer)) !== null;) checksums.update(buffer.subarray(0, read));
  const problem = checksums.problem();
  if (problem) throw new Error(`${problem} in ${path}`);
}
