/** Archives that need not be trusted, unpacked. */
import { join, sep } from "node:path";
import { writeAll } from "./disk.ts";
import { readTar } from "./tar.ts";
import { streamEntry, zipEntries, zipOnDisk } from "./zip.ts";

/** Limits of the contents of an archive. */
export interface UnpackLimits {
  /** Bytes of all files together. */
  readonly maxBytes: number;
  /** Files and folders. */
  readonly maxEntries: number;
}

/**
 * Unpacks a tar archive that need not be trusted, as it streams by. Nothing is written outside the folder, and no file
 * that is there already is changed.
 *
 * @param stream Its bytes, not compressed.
 * @param folder Where its contents go, best a new folder: what was unpacked before an error stays.
 * @param options Its name for messages, and limits.
 * @throws Error naming the entry where it is a link or device, has a path with `..` or an absolute one, or exceeds a
 * limit; Error naming the offset where the archive is damaged.
 */
export async function unpackTar(
  stream: ReadableStream<Uint8Array>,
  folder: string,
  { name, limits }: { name: string; limits: UnpackLimits },
): Promise<void> {
  const target = new SafeFolder(folder, { archive: name, limits });
  for await (const { path, type, content } of readTar(stream, name)) {
    if (type === "file") await target.writeFile(path, content);
    else if (type === "folder") await target.makeFolder(path);
    else {
      throw new Error(`Expected files and folders in ${name} but found, at ${JSON.stringify(path)}, a ${type} entry`);
    }
  }
}

const FORMAT = 0o170000, FILE = 0o100000; // of Unix modes

/**
 * Unpacks a zip archive that need not be trusted. Nothing is written outside the folder, and no file that is there
 * already is changed.
 *
 * @param path The archive: stored or deflated entries, not encrypted.
 * @param folder Where its contents go, best a new folder: what was unpacked before an error stays.
 * @param options Limits, and which entries to unpack (default: all).
 * @throws Error naming archive and entry where it is a link or device, has a path with `..` or an absolute one, exceeds
 * a limit, or is damaged.
 */
export async function unpackZip(
  path: string,
  folder: string,
  { limits, only = () => true }: { limits: UnpackLimits; only?: (entry: string) => boolean },
): Promise<void> {
  using file = await Deno.open(path);
  const zip = zipOnDisk(file, path), target = new SafeFolder(folder, { archive: path, limits });
  for (const entry of zipEntries(zip)) {
    if (!only(entry.name)) continue;
    const kind = entry.mode & FORMAT;
    if (entry.name.endsWith("/")) await target.makeFolder(entry.name);
    else if (kind === 0 || kind === FILE) await target.writeFile(entry.name, streamEntry(zip, entry));
    else {
      throw new Error(`Expected files and folders in ${path} but found another thing at ${JSON.stringify(entry.name)}`);
    }
  }
}

/** Writes what archives hold below one folder, and nowhere else. */
class SafeFolder {
  readonly #archive: string;
  readonly #folder: string;
  readonly #limits: UnpackLimits;
  readonly #checked = new Set<string>();
  #root: string | null = null;
  #bytes = 0;
  #entries = 0;

  /** Takes the archive's name for messages. */
  constructor(folder: string, { archive, limits }: { archive: string; limits: UnpackLimits }) {
    this.#folder = folder;
    this.#archive = archive;
    this.#limits = limits;
  }

  /** Makes a folder. */
  async makeFolder(path: string): Promise<void> {
    await this.#make(this.#parts(path));
  }

  /** Writes a file that is not there yet. */
  async writeFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = this.#parts(path);
    if (parts.length === 0) this.#refuse(path, "a file without a name");
    const target = join(await this.#make(parts.slice(0, -1)), parts.at(-1)!);
    using file = await Deno.open(target, { write: true, createNew: true, mode: 0o644 }).catch((cause) => {
      throw new Error(`Expected to write "${path}" of ${this.#archive} but found: ${cause.message}`, { cause });
    });
    for await (const chunk of content) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.#limits.maxBytes) this.#refuse(path, `more than ${this.#limits.maxBytes} bytes in all`);
      await writeAll(file, chunk);
    }
  }

  /** Refuses an entry. */
  #refuse(path: string, found: string): never {
    throw new Error(`Expected ${this.#archive} to be safe to unpack but found, at ${JSON.stringify(path)}, ${found}`);
  }

  /** The names along a path that stays below the folder on every system. */
  #parts(path: string): string[] {
    if (++this.#entries > this.#limits.maxEntries) this.#refuse(path, `more than ${this.#limits.maxEntries} entries`);
    if (path.startsWith("/") || /^[a-z]:/i.test(path)) this.#refuse(path, "an absolute path");
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) this.#refuse(path, 'a path with ".."');
    // deno-lint-ignore no-control-regex
    if (/[\\\x00-\x1f\x7f]/.test(path) || parts.some((part) => part.length > 255) || path.length > 4096) {
      this.#refuse(path, "a path that not every system has");
    }
    return parts;
  }

  /** Makes a folder and checks that it is below the root; links that were there before may lead elsewhere. */
  async #make(parts: readonly string[]): Promise<string> {
    const folder = join(this.#folder, ...parts);
    if (this.#checked.has(folder)) return folder;
    await Deno.mkdir(folder, { recursive: true });
    this.#root ??= await Deno.realPath(this.#folder);
    const real = await Deno.realPath(folder);
    if (real !== this.#root && !real.startsWith(this.#root + sep)) this.#refuse(parts.join("/"), `a link to ${real}`);
    this.#checked.add(folder);
    return folder;
  }
}
