/** Small operations on files. */
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

/** Whether there is a file or folder. */
export async function exists(path: string): Promise<boolean> {
  return await statIfExists(path) !== null;
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
 * Writes a file under a temporary name in the same folder, then renames it: readers see the old file or the whole new
 * one. When writing fails, the temporary file goes.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  { temporary, durable = false }: { temporary: string; durable?: boolean },
): Promise<void> {
  try {
    const file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      if (durable) await file.syncData();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfExists(temporary).catch(() => {}); // the first error is the one to tell
    throw new Error(`Expected to write ${path} but found: ${(error as Error).message}`, { cause: error });
  }
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
