import { dirname, join, resolve } from "node:path";
import type { StageFiles } from "./stage.ts";
import { readFileIfExists, replaceFile, temporaryPath } from "../files/disk.ts";
import { readJsonLines, writeJsonLines } from "../files/json_lines.ts";

/** Which files of a {@linkcode Store} may be written, and by whom. */
export interface StoreOptions {
  /** The only stage that may write; absent: none may. */
  readonly writer?: string;
  /** Told of every file that was written. */
  readonly onWrite?: (file: string, bytes: Uint8Array) => void;
  /** Tells apart the temporary files of processes that write the same stage. */
  readonly label?: string;
  /** Waits until the contents are on the disk before a file takes its name. */
  readonly durable?: boolean;
}

/** The files of all stages below a working directory: one folder a stage. */
export class Store implements StageFiles {
  readonly #root: string;
  readonly #options: StoreOptions;
  readonly #folders = new Set<string>(); // known to exist
  readonly #logs = new Set<string>(); // already continued

  /** Opens the store of a working directory, which need not exist yet. */
  constructor(workdir: string, options: StoreOptions = {}) {
    this.#root = resolve(workdir);
    this.#options = options;
  }

  /** Absolute path of a file. */
  path(stage: string, file: string): string {
    return join(this.#root, stage, file);
  }

  /** Contents of one file, or `null` where it does not exist. */
  read(stage: string, file: string): Promise<Uint8Array | null> {
    return readFileIfExists(this.path(stage, file));
  }

  /** Contents of one file. @throws Error naming the file and the stage to run where it does not exist. */
  async require(stage: string, file: string): Promise<Uint8Array> {
    const bytes = await this.read(stage, file);
    if (bytes) return bytes;
    throw new Error(`Expected ${this.path(stage, file)} but found no such file; run the stage ${stage} first`);
  }

  /**
   * Writes a file through a temporary name in the same folder, then renames it.
   * @throws Error if the stage is not the one that writes, or if the file cannot be written; the old one stays.
   */
  async write(stage: string, file: string, bytes: Uint8Array): Promise<void> {
    const path = await this.#pathToWrite(stage, file);
    const { label = "", durable = false, onWrite } = this.#options;
    await replaceFile(path, bytes, { temporary: temporaryPath(path, label), durable });
    onWrite?.(file, bytes);
  }

  /**
   * Adds one JSON line to a log. When a resumed training comes back to a step that the log already has, the lines from
   * that step on go first.
   */
  async appendLog(stage: string, file: string, entry: unknown): Promise<void> {
    const path = await this.#pathToWrite(stage, file);
    if (!this.#logs.has(path)) {
      this.#logs.add(path);
      const step = stepOf(entry), lines = await readJsonLines(path);
      await writeJsonLines(path, lines.filter((line) => !(stepOf(line) >= step)));
    }
    await Deno.writeTextFile(path, `${JSON.stringify(entry)}\n`, { append: true });
  }

  async #pathToWrite(stage: string, file: string): Promise<string> {
    const { writer } = this.#options;
    if (stage !== writer) {
      throw new Error(`Expected only ${writer ?? "the pipeline"} to write now but found ${stage}/${file}`);
    }
    const path = this.path(stage, file), folder = dirname(path);
    if (!this.#folders.has(folder)) {
      await Deno.mkdir(folder, { recursive: true });
      this.#folders.add(folder);
    }
    return path;
  }
}

/** Number of the step that a line of a log is about; NaN for others. */
function stepOf(line: unknown): number {
  return Number((line as { step?: unknown } | null)?.step ?? NaN);
}
