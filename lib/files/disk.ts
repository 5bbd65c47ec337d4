/** Files on the disk: those that may be missing, and those that are replaced as a whole. */
import { basename, dirname, join } from "node:path";
import { sha256 } from "./hash.ts";

/** Contents, or `null` where there is no such file. */
export function readFileIfExists(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return nullIfMissing(Deno.readFile(path));
}

let latency = 0; // of the file system: milliseconds that the last looks at files took, smoothed

/**
 * Size and time, or `null` where there is no such file. A local disk answers faster than another thread would; from a
 * file server, which takes longer, many answers are awaited at once.
 */
export async function statIfExists(path: string): Promise<Deno.FileInfo | null> {
  if (latency > 0.2) {
    latency *= 0.99; // to try again, after some hundred files
    return await nullIfMissing(Deno.stat(path));
  }
  const start = performance.now();
  try {
    return Deno.statSync(path);
  } catch (error) {
    return await nullIfMissing(Promise.reject(error));
  } finally {
    latency += 0.1 * (Math.min(1, performance.now() - start) - latency); // one pause of the machine is no rule
  }
}

/** Names of everything in a folder, in no order; `[]` where there is none. */
export function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name); // one call, not one for each of ten thousand names
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Test for a file or folder at a path. */
export async function exists(path: string): Promise<boolean> {
  return await statIfExists(path) !== null;
}

/**
 * Test for a file at a path, also over links.
 * @throws Error where it must not be looked at: it may well be there.
 */
export function isFile(path: string): boolean {
  return statOrNull(path)?.isFile ?? false;
}

/**
 * Test for a folder at a path, also over links.
 * @throws Error where it must not be looked at: it may well be there.
 */
export function isFolder(path: string): boolean {
  return statOrNull(path)?.isDirectory ?? false;
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const { NotCapable, PermissionDenied } = Deno.errors;
    if (error instanceof NotCapable || error instanceof PermissionDenied) throw error;
    return null;
  }
}

async function nullIfMissing<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Removes a file if it exists. */
export async function removeIfExists(path: string): Promise<void> {
  await nullIfMissing(Deno.remove(path));
}

/**
 * A name that leaves room for more in the 255 bytes that file systems have for one: itself, or, where it is longer than
 * 200 bytes, its beginning with digits of its hash.
 */
export function shortName(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= 200) return name;
  return `${new TextDecoder().decode(bytes.subarray(0, 180)).replaceAll("\ufffd", "")}~${sha256(bytes).slice(0, 12)}`;
}

/** Path under which a file is written until it is whole, in the same folder; the label tells writers apart. */
export function temporaryPath(path: string, label = ""): string {
  return join(dirname(path), `.${shortName(basename(path))}${label && `.${label}`}.tmp`);
}

/** Options of {@linkcode replaceFile}. */
export interface ReplaceOptions {
  /** Temporary name, in the same folder. Default: that of {@linkcode temporaryPath}. */
  readonly temporary?: string;
  /** Waits until the contents are on the disk before the file takes its name. */
  readonly durable?: boolean;
}

/**
 * Writes a file under a temporary name in the same folder, then renames it: readers see the old file or the whole new
 * one. When writing fails, the temporary file goes.
 *
 * @param path The file.
 * @param contents Its contents: bytes, or pieces of them.
 * @param options Temporary name, and patience.
 * @throws Error naming the file where it cannot be written; errors of the pieces as they are.
 */
export async function replaceFile(
  path: string,
  contents: Uint8Array | AsyncIterable<Uint8Array>,
  { temporary = temporaryPath(path), durable = false }: ReplaceOptions = {},
): Promise<void> {
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => {
      throw new Error(`Expected to write ${path} but found: ${(cause as Error).message}`, { cause });
    });
  try {
    const file = await writing(Deno.open(temporary, { write: true, create: true, truncate: true }));
    try {
      for await (const piece of contents instanceof Uint8Array ? [contents] : contents) {
        await writing(writeAll(file, piece));
      }
      if (durable) await writing(file.syncData());
    } finally {
      file.close();
    }
    await writing(Deno.rename(temporary, path));
  } catch (error) {
    await removeIfExists(temporary).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}

/** Replaces a file as {@linkcode replaceFile} does, and makes its folder where there is none. */
export async function placeFile(path: string, contents: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  if (!isFolder(dirname(path))) await Deno.mkdir(dirname(path), { recursive: true });
  await replaceFile(path, contents);
}

/** Writes all bytes where an open file stands. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Results of an asynchronous function on every item, in their order, with up to 64 calls under way. */
export async function mapConcurrently<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: 64 }, lane));
  return results;
}
