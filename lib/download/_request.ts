/** One request for a file, or for what is still missing of it. */
import type { Part } from "./_part.ts";

/** The connection or the server failed in a way that may pass. */
export class TemporaryError extends Error {
  /** Seconds that the server asks to wait. */
  readonly wait: number;
  /** Whether the server can send what is missing; otherwise it is to be asked for the whole file. */
  readonly ranges: boolean;

  /** Says what happened. */
  constructor(message: string, { wait = 0, ranges = true, cause }: Partial<TemporaryError> = {}) {
    super(message, { cause });
    this.wait = wait;
    this.ranges = ranges;
  }
}

/** This address has something else than the file. */
export class RefusedError extends Error {}

/** What a request needs to know. */
export interface RequestOptions {
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** Seconds without a byte after which the connection counts as dead. */
  readonly stallSeconds: number;
  /** Whether to ask only for what is missing. */
  readonly ranges: boolean;
  /** Called with the bytes that are there. */
  readonly progress: (bytes: number) => void;
}

/**
 * Asks for what the part lacks and appends it.
 *
 * @throws TemporaryError if asking again may help, RefusedError if not; errors of the disk as they are.
 */
export async function request(url: string, part: Part, options: RequestOptions): Promise<void> {
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
