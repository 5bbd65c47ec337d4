import { createHash, type Hash } from "node:crypto";
import type { FileFacts } from "../download/registry.ts";

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

  /** What is wrong with the bytes as a whole, or `null`; to be asked once. */
  problem(): string | null {
    if (this.#size !== this.#facts.bytes) return `Expected ${this.#facts.bytes} bytes but found ${this.#size}`;
    for (const [name, expected, hash] of this.#hashes) {
      const found = hash.digest("hex");
      if (found !== expected) return `Expected the ${name} ${expected} but found ${found}`;
    }
    return null;
  }
}
