import { extract, type Header } from "tar-stream";

/** Something in a tar archive. */
export interface TarEntry {
  /** Its path, as the archive says. */
  readonly path: string;
  /** Its kind: only files and folders are safe to unpack. */
  readonly type: "file" | "folder" | "link" | "device" | "unknown";
  /** Its size in bytes. */
  readonly size: number;
  /** Offset of its header in the archive. */
  readonly offset: number;
  /** Its contents, to be read before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512; // bytes

const TYPES: Readonly<Record<string, TarEntry["type"]>> = {
  file: "file",
  "contiguous-file": "file",
  directory: "folder",
  link: "link",
  symlink: "link",
  "character-device": "device",
  "block-device": "device",
  fifo: "device",
};

/**
 * Reads a tar archive (ustar, with the extended names of pax and GNU) as it streams by.
 *
 * @param stream Its bytes, not compressed.
 * @param name Its name, for messages.
 * @returns Its entries in their order.
 * @throws Error naming archive and offset where it is not a whole tar archive.
 */
export async function* readTar(stream: ReadableStream<Uint8Array>, name: string): AsyncGenerator<TarEntry> {
  const archive = extract({ allowUnknownFormat: true } as object); // as of before ustar
  const source = feed(stream, archive);
  let content = 0, next = 0; // where the contents of the last entry end, and where the header after it begins
  const fail = (expected: string, found: string, offset: number): never => {
    throw new Error(`Expected ${expected} at byte ${offset} of ${name} but found ${found}`);
  };
  /** Says in our words, and where, what the parser found. */
  const damaged = (cause: unknown): never => {
    if (source.failure) throw source.failure;
    const { message } = cause as Error;
    if (message.startsWith("Header exceeds")) fail("a name", "one that is too long", next);
    if (message.startsWith("Invalid")) fail("a tar header", "something else", next);
    if (source.size < content) fail(`${content - source.size} more bytes`, "the end", source.size);
    if (source.size < next) fail("padding", "the end", source.size);
    return fail("a header", "the end", next);
  };
  try {
    const entries = archive[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await entries.next().catch(damaged);
      if (done) break;
      const { name: path, type, size, pax, byteOffset: offset } = value.header as Header & { byteOffset: number };
      if (!isWhole(pax)) fail("records", "something else", next);
      if (!Number.isSafeInteger(size) || size < 0) fail("a tar header", `a size of ${size}`, offset - BLOCK);
      // old programs write folders as files with a slash at the end
      const kind = type === "file" && path.endsWith("/") ? "folder" : TYPES[type] ?? "unknown";
      content = offset + (type === "directory" ? 0 : size);
      next = Math.ceil(content / BLOCK) * BLOCK;
      const bytes = pieces(value as AsyncIterable<Uint8Array>, damaged);
      yield { path, type: kind, size, offset: offset - BLOCK, content: bytes };
      for await (const _ of bytes); // what was left of it
    }
    if (source.lastByte >= next) fail("an entry after names or records", "none", next);
    if (source.size < next + BLOCK) fail("a header", "the end", next);
  } finally {
    archive.destroy();
    await source.cancel();
  }
}

/** Bytes on their way into the parser. */
interface Source {
  /** Bytes so far. */
  readonly size: number;
  /** Offset of the last one that is not zero; -1 where there is none. */
  readonly lastByte: number;
  /** Error of the stream itself. */
  readonly failure: unknown;
  /** Lets go of the stream. */
  cancel(): Promise<void>;
}

function feed(stream: ReadableStream<Uint8Array>, archive: ReturnType<typeof extract>): Source {
  const reader = stream.getReader();
  const state = { size: 0, lastByte: -1, failure: null as unknown };
  const closed = new Promise<void>((resolve) => archive.on("close", () => resolve()));
  const work = (async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return void archive.end(null);
        const last = value.findLastIndex((byte) => byte !== 0);
        if (last >= 0) state.lastByte = state.size + last;
        state.size += value.length;
        const drained = new Promise<void>((resolve) => archive.once("drain", () => resolve()));
        if (!archive.write(value)) await Promise.race([drained, closed]);
      }
    } catch (error) {
      state.failure = error;
      archive.destroy(error as Error);
    }
  })();
  return Object.assign(state, {
    cancel: async () => {
      await reader.cancel().catch(() => {}); // a stream that failed cannot be cancelled
      await work;
    },
  });
}

async function* pieces(bytes: AsyncIterable<Uint8Array>, damaged: (cause: unknown) => never) {
  const iterator = bytes[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await iterator.next().catch(damaged);
    if (done) return;
    yield value;
  }
}

/** Test of pax's records: the parser stops at the first that is none, and takes any number as a size. */
function isWhole(pax: unknown): boolean {
  if (pax === null || pax === undefined) return true;
  const { size } = pax as Record<string, string>;
  return Object.keys(pax).length > 0 && (size === undefined || /^\d{1,15}$/.test(size));
}
