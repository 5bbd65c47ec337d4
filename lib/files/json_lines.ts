/**
 * Files of one JSON value a line that only grow. A process that is killed damages at most the last line; lines that are
 * no JSON count as absent.
 */
import { readFileIfExists, replaceFile } from "./disk.ts";

/** The values of all whole lines; `[]` where there is no file. */
export async function readJsonLines(path: string): Promise<unknown[]> {
  const bytes = await readFileIfExists(path);
  if (!bytes) return [];
  return new TextDecoder().decode(bytes.subarray(0, wholeLines(bytes))).split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** The contents of a file of these lines. */
export function encodeJsonLines(values: readonly unknown[]): Uint8Array {
  return new TextEncoder().encode(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
}

/** Replaces a file by these lines. */
export async function writeJsonLines(path: string, values: readonly unknown[]): Promise<void> {
  await replaceFile(path, encodeJsonLines(values), { temporary: `${path}.tmp` });
}

/** Adds lines to a file. */
export class JsonLines {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Opens a file, or makes it, and cuts off the part of a line that a killed process left. */
  static async open(path: string): Promise<JsonLines> {
    const bytes = await readFileIfExists(path);
    if (bytes && wholeLines(bytes) < bytes.length) await Deno.truncate(path, wholeLines(bytes));
    return new JsonLines(path, await Deno.open(path, { append: true, create: true }));
  }

  /** Adds one line, in a single write. */
  append(value: unknown): void {
    const line = encodeJsonLines([value]);
    let written: number;
    try {
      written = this.#file.writeSync(line);
    } catch (error) {
      throw new Error(`Expected to write ${this.#path} but found: ${(error as Error).message}`, { cause: error });
    }
    if (written < line.length) {
      throw new Error(`Expected room for ${line.length} bytes in ${this.#path} but found it for ${written}`);
    }
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

function wholeLines(bytes: Uint8Array): number {
  return bytes.lastIndexOf(10) + 1;
}
