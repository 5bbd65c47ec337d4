import { removeIfExists } from "../files/disk.ts";
import { Checksums, type FileFacts } from "../files/hash.ts";

/** Address that bytes are from, and the server's mark for this state of the file. */
interface Origin {
  readonly url: string;
  readonly validator: string;
}

/**
 * A file while it is downloaded: `<path>.part`, which outlives the process, beside it `<path>.part.json` with its
 * origin. Checksums are taken as the bytes arrive.
 */
export class Part {
  readonly #path: string;
  readonly #facts: FileFacts;
  readonly #file: Deno.FsFile;
  #checksums: Checksums;
  #origin: Origin | null = null;

  private constructor(path: string, { facts, file }: { facts: FileFacts; file: Deno.FsFile }) {
    this.#path = path;
    this.#facts = facts;
    this.#file = file;
    this.#checksums = new Checksums(facts);
  }

  /** Opens the part of `path`, with what an earlier process left. Throws if another process is at it. */
  static async open(path: string, facts: FileFacts): Promise<Part> {
    const file = await Deno.open(`${path}.part`, { read: true, write: true, create: true });
    const part = new Part(path, { facts, file });
    try {
      // `null`: this file system has no locks
      if (await file.tryLock(true).catch(() => null) === false) {
        throw new Error(`Expected to be alone at ${path}.part but found another process at it`);
      }
      await part.#readOrigin();
      const buffer = new Uint8Array(1 << 20);
      for (let read; (read = await file.read(buffer)) !== null;) part.#checksums.update(buffer.subarray(0, read));
      if (part.size > facts.bytes) await part.restart();
    } catch (error) {
      file.close();
      throw error;
    }
    return part;
  }

  async #readOrigin(): Promise<void> {
    try {
      const { url, validator } = JSON.parse(await Deno.readTextFile(`${this.#path}.part.json`));
      if (typeof url === "string" && typeof validator === "string") this.#origin = { url, validator };
    } catch { /* the checksums will tell whether the bytes belong together */ }
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#checksums.size;
  }

  /** The server's mark of what is there, if it is from this address. */
  validator(url: string): string | null {
    return this.#origin?.url === url ? this.#origin.validator : null;
  }

  /** Notes where the next bytes are from. */
  async comesFrom(url: string, validator: string | null): Promise<void> {
    if (validator !== null && validator !== this.validator(url)) {
      await Deno.writeTextFile(`${this.#path}.part.json`, JSON.stringify({ url, validator }));
    }
    this.#origin = validator === null ? null : { url, validator };
  }

  /** Appends bytes. */
  async append(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const written = await this.#file.write(chunk.subarray(done));
      this.#checksums.update(chunk.subarray(done, done + written));
      done += written;
    }
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.#checksums = new Checksums(this.#facts);
    this.#origin = null;
  }

  /** Gives the file its name if it is what it must be; otherwise throws it away and says what is wrong. */
  async finish(): Promise<string | null> {
    const problem = this.#checksums.problem();
    if (problem) {
      await this.restart();
      return problem;
    }
    await this.#file.syncData();
    await Deno.rename(`${this.#path}.part`, this.#path);
    await removeIfExists(`${this.#path}.part.json`);
    return null;
  }

  /** Closes the file, which stays as far as it is. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
