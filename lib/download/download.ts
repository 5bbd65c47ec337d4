import { delay } from "@std/async/delay";
import { dirname } from "node:path";
import { exists } from "../files/disk.ts";
import { type FileFacts, verifyFile } from "../files/hash.ts";
import { Part } from "./_part.ts";

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
      await delay(wait * 1000);
    }
  }
}

/** The connection or the server failed in a way that may pass. */
class TemporaryError extends Error {
  /** Seconds that the server asks to wait. */
  readonly wait: number;
  /** The server can send what is missing; otherwise it is to be asked for the whole file. */
  readonly ranges: boolean;

  /** Says what happened. */
  constructor(message: string, { wait = 0, ranges = true, cause }: Partial<TemporaryError> = {}) {
    super(message, { cause });
    this.wait = wait;
    this.ranges = ranges;
  }
}

/** This address has something else than the file. */
class RefusedError extends Error {}

/** Options of a request. */
interface RequestOptions {
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** Seconds without a byte after which the connection counts as dead. */
  readonly stallSeconds: number;
  /** Asks only for what is missing. */
  readonly ranges: boolean;
  /** Called with the bytes that are there. */
  readonly progress: (bytes: number) => void;
}

/**
 * Asks for what the part lacks and appends it.
 *
 * @throws TemporaryError if asking again may help, RefusedError if not; errors of the disk as they are.
 */
async function request(url: string, part: Part, options: RequestOptions): Promise<void> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    const silence = new TemporaryError(`Expected data but found none for ${options.stallSeconds} s`);
    timer = setTimeout(() => controller.abort(silence), options.stallSeconds * 1000);
  };
  try {
    alive();
    const response = await orTemporary(fetch(url, { headers: headers(url, part, options), signal: controller.signal }));
    await accept(response, part, { url, bytes: options.bytes });
    await receive(response, part, { ...options, alive });
  } finally {
    clearTimeout(timer);
    controller.abort(); // closes the connection if something is left of it
  }
}

function headers(url: string, part: Part, { ranges }: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (part.size === 0 || !ranges) return headers;
  headers.range = `bytes=${part.size}-`;
  const validator = part.validator(url);
  if (validator) headers["if-range"] = validator;
  return headers;
}

/** Looks at an answer's head, and prepares the part for its body. */
async function accept(
  { status, statusText, headers }: Response,
  part: Part,
  { url, bytes }: { url: string; bytes: number },
): Promise<void> {
  if (status === 206) {
    const range = headers.get("content-range") ?? "";
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    if (Number(start) !== part.size) {
      throw new TemporaryError(`Expected the bytes from ${part.size} on but found the range "${range}"`, {
        ranges: false,
      });
    }
    if (total !== "*" && Number(total) !== bytes) throw new RefusedError(`Expected ${bytes} bytes but found ${total}`);
  } else if (status === 200) {
    const length = headers.get("content-length");
    if (length !== null && Number(length) !== bytes) {
      const type = headers.get("content-type") ?? "unknown type";
      throw new RefusedError(`Expected ${bytes} bytes but found ${length} (${type})`);
    }
    if (part.size > 0) await part.restart(); // it sends everything, asked or not
  } else if (status === 416) {
    await part.restart();
    throw new TemporaryError("Expected more bytes but found that the server has no more (416)");
  } else {
    const message = `Expected the file but found ${status} ${statusText}`.trimEnd();
    if (status < 500 && ![408, 425, 429].includes(status)) throw new RefusedError(message);
    throw new TemporaryError(message, { wait: Math.min(60, Number(headers.get("retry-after")) || 0) });
  }
  const tag = headers.get("etag");
  await part.comesFrom(url, tag && !tag.startsWith("W/") ? tag : headers.get("last-modified"));
}

async function receive(
  { body }: Response,
  part: Part,
  { bytes, progress, alive }: RequestOptions & { alive: () => void },
): Promise<void> {
  const reader = body!.getReader();
  for (;;) {
    alive();
    const { done, value } = await orTemporary(reader.read());
    if (done) break;
    if (part.size + value.length > bytes) {
      await part.restart();
      throw new RefusedError(`Expected ${bytes} bytes but found more`);
    }
    await part.append(value);
    progress(part.size);
  }
  if (part.size < bytes) throw new TemporaryError(`Expected ${bytes} bytes but found an end after ${part.size}`);
}

/** Errors of the network may pass; missing permission does not. */
async function orTemporary<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof TemporaryError || error instanceof Deno.errors.NotCapable) throw error;
    const { message, cause } = error as Error;
    throw new TemporaryError(cause instanceof Error ? cause.message : message, { cause: error });
  }
}
