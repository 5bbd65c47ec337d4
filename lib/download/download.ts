import { dirname } from "node:path";
import { exists } from "./_exists.ts";
import { Part } from "./_part.ts";
import { RefusedError, request, TemporaryError } from "./_request.ts";
import type { FileFacts } from "./registry.ts";
import { verifyFile } from "./verify_file.ts";

/** Options of {@linkcode download}. */
export interface DownloadOptions {
  /** Addresses of the file, tried in this order. */
  urls: readonly string[];
  /** Seconds without a byte after which a connection counts as dead. Default: 30. */
  stallSeconds?: number;
  /** Attempts at an address that bring less than a mebibyte, one after another, before it is given up. Default: 5. */
  attempts?: number;
  /** Seconds before the second attempt; they double up to 30. Default: 1. */
  waitSeconds?: number;
  /** Called with the bytes that are there. */
  progress?: (bytes: number) => void;
  /** Called with what went wrong and what is done about it. */
  log?: (line: string) => void;
}

const MEBIBYTE = 2 ** 20;

/**
 * Downloads a file. What an earlier attempt left in `<path>.part` is continued, also from another address; the file
 * gets its name only after its size and checksums were found right. A file that is there already is verified.
 *
 * @param path Where the file goes; its folder is made.
 * @param facts What it must be.
 * @param options Addresses and patience.
 * @throws Error with what each address answered if none has the file; Error if a file is there and is another one, or
 * another process downloads it.
 */
export async function download(path: string, facts: FileFacts, options: DownloadOptions): Promise<void> {
  if (await exists(path)) return await verifyFile(path, facts);
  await Deno.mkdir(dirname(path), { recursive: true });
  using part = await Part.open(path, facts);
  const failures: string[] = [];
  for (const url of options.urls) {
    try {
      return await downloadFrom(url, part, { bytes: facts.bytes, ...options });
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof TemporaryError)) throw error;
      failures.push(`  ${url}: ${error.message}`);
      options.log?.(`${url}: ${error.message}`);
    }
  }
  const left = part.size > 0 ? `\n${part.size} of ${facts.bytes} bytes are kept in ${path}.part` : "";
  throw new Error(`Expected to download ${path} but found no address that has it\n${failures.join("\n")}${left}`);
}

async function downloadFrom(
  url: string,
  part: Part,
  { bytes, stallSeconds = 30, attempts = 5, waitSeconds = 1, progress = () => {}, log = () => {} }:
    & DownloadOptions
    & { bytes: number },
): Promise<void> {
  let failed = 0, ranges = true, isFresh = part.size === 0;
  for (;;) {
    const before = part.size;
    try {
      if (before < bytes) await request(url, part, { bytes, stallSeconds, ranges, progress });
      const problem = await part.finish();
      if (!problem) return;
      if (isFresh) throw new RefusedError(problem);
      isFresh = true;
      throw new TemporaryError(problem); // what was there before may have spoilt it
    } catch (error) {
      if (!(error instanceof TemporaryError)) throw error;
      if (part.size - before >= MEBIBYTE) failed = 0;
      if (++failed >= attempts) throw error;
      ranges &&= error.ranges;
      const wait = Math.max(error.wait, Math.min(30, waitSeconds * 2 ** (failed - 1)));
      log(`${url}: ${error.message}; attempt ${failed + 1} of ${attempts} in ${wait} s`);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}
