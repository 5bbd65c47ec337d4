/**
 * Files of one JSON value a line that only grow. A process that is killed damages at most the last line; lines that are
 * no JSON count as absent.
 */
import { readFileIfExists, replaceFile } from "./_files.ts";

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

/** Replaces a file by these lines. */
export async function writeJsonLines(path: string, values: readonly unknown[]): Promise<void> {
  const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
  await replaceFile(path, new TextEncoder().encode(text), { temporary: `${path}.tmp` });
}

/** Adds lines to a file. */
export class JsonLines {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens a file, or makes it, and cuts off the part of a line that a killed process left. */
  static async open(path: string): Promise<JsonLines> {
    const bytes = await readFileIfExists(path);
    if (bytes && wholeLines(bytes) < bytes.length) await Deno.truncate(path, wholeLines(bytes));
    return new JsonLines(await Deno.open(path, { append: true, create: true }));
  }

  /** Adds one line, in a single write. */
  append(value: unknown): void {
    const line = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
    const written = this.#file.writeSync(line);
    if (written < line.length) throw new Error(`Expected room for ${line.length} bytes but found it for ${written}`);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

function wholeLines(bytes: Uint8Array): number {
  return bytes.lastIndexOf(10) + 1;
}
