/** Zip archives, also with 64-bit fields: in memory, or on the disk and larger than it. */
import { crc32, inflateRawSync } from "node:zlib";

const END = 0x06054b50, END_64 = 0x06064b50, LOCATOR_64 = 0x07064b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
const STORED = 0, DEFLATED = 8;
/** In a field of 32 bits: the value is in one of 64 bits elsewhere. */
const ELSEWHERE = 0xffffffff;
/** Bytes that the compressed entries of an archive may have together; a few kilobytes can promise more than memory has. */
const LIMIT = 512 * 2 ** 20;
const LONGEST_COMMENT = 65_535, LARGEST_DIRECTORY = 2 ** 26; // bytes

/** Bytes of an archive. */
interface Zip {
  /** Name of the file, for messages. */
  readonly archive: string;
  readonly size: number;
  /** Some bytes, all of which are there. */
  read(at: number, length: number): Uint8Array<ArrayBufferLike>;
}

/** A file or folder in an archive, as its directory says. */
export interface ZipEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Kind and rights on Unix; 0 from other systems. */
  readonly mode: number;
  /** Offset of its local header. */
  readonly start: number;
}

/**
 * Reads a zip archive and verifies its checksums. Entries that are stored are views of `bytes`.
 *
 * @param bytes The archive.
 * @param archive Name of the file, for messages.
 * @returns Contents by name.
 * @throws Error naming the archive, and the entry or the offset, where it is not whole, has an entry twice or one whose
 * name leads out of a folder, uses another compression, or unpacks to more than 512 MiB.
 */
export function readZip(bytes: Uint8Array, archive: string): Map<string, Uint8Array> {
  const zip: Zip = { archive, size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
  const files = new Map<string, Uint8Array>();
  let unpacked = 0;
  for (const entry of zipEntries(zip)) {
    const { name, start } = entry;
    if (/^[/\\]|^[A-Za-z]:|\\|\0|(^|\/)\.\.(\/|$)/.test(name)) {
      throw new Error(
        `Expected entries of ${archive} to stay in their folder but found ${JSON.stringify(name)} at byte ${start}`,
      );
    }
    if (files.has(name)) {
      throw new Error(`Expected one entry ${name} in ${archive} but found another at byte ${start}`);
    }
    if (entry.method === DEFLATED) unpacked += entry.size;
    if (unpacked > LIMIT) {
      throw new Error(
        `Expected at most ${LIMIT} bytes of unpacked entries in ${archive} but found ${unpacked} up to ${name}`,
      );
    }
    files.set(name, contentsOf(entry, zip));
  }
  return files;
}

/** An archive on the disk. */
export function zipOnDisk(file: Deno.FsFile, archive: string): Zip {
  return {
    archive,
    size: file.statSync().size,
    read: (at, length) => {
      const bytes = new Uint8Array(length);
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < length;) {
        const read = file.readSync(bytes.subarray(done));
        if (read === null) throw new Error(`Expected ${length} bytes at byte ${at} of ${archive} but found ${done}`);
        done += read;
      }
      return bytes;
    },
  };
}

/** The entries of an archive, in the order of its directory. */
export function* zipEntries(zip: Zip): Generator<ZipEntry> {
  const { archive } = zip, { count, start, end } = directoryPlace(zip);
  if (!(start <= end && end - start <= LARGEST_DIRECTORY)) {
    throw new Error(`Expected a directory up to byte ${end} of ${archive} but found one at byte ${start}`);
  }
  let at = start;
  for (let left = count; left > 0; left--) {
    const head = record(zip, at, { length: 46, signature: CENTRAL, what: "an entry of the directory" });
    const nameLength = head.getUint16(28, true), extraLength = head.getUint16(30, true);
    const length = 46 + nameLength + extraLength + head.getUint16(32, true);
    const whole = record(zip, at, { length, what: "an entry of the directory" });
    const fields = [24, 20, 42].map((field) => head.getUint32(field, true));
    const extra = new DataView(whole.buffer, whole.byteOffset + 46 + nameLength, extraLength);
    const [size, packed, local] = inFull(fields, extra);
    yield {
      name: text(whole, 46, nameLength),
      flags: head.getUint16(8, true),
      method: head.getUint16(10, true),
      crc: head.getUint32(16, true),
      size: size!,
      packed: packed!,
      mode: head.getUint16(40, true),
      start: local!,
    };
    at += length;
  }
  if (at !== end) {
    throw new Error(`Expected ${count} entries up to byte ${end} in ${archive} but found them to end at byte ${at}`);
  }
}

/** Number of entries, and where the directory begins and ends. */
function directoryPlace(zip: Zip): { count: number; start: number; end: number } {
  const { archive, size } = zip;
  const tailStart = Math.max(0, size - 22 - LONGEST_COMMENT), tail = viewOf(zip.read(tailStart, size - tailStart));
  let found = tail.byteLength - 22;
  while (found >= 0 && tail.getUint32(found, true) !== END) found--;
  if (found < 0) {
    throw new Error(
      `Expected ${archive} to be a whole zip archive but found no directory before its end at byte ${size}`,
    );
  }
  const end = tailStart + found;
  const locator = end < 20 ? null : viewOf(zip.read(end - 20, 20));
  if (locator?.getUint32(0, true) !== LOCATOR_64) {
    return { count: tail.getUint16(found + 10, true), start: tail.getUint32(found + 16, true), end };
  }
  const end64 = Number(locator.getBigUint64(8, true));
  const view = record(zip, end64, { length: 56, signature: END_64, what: "the end of the directory" });
  return { count: Number(view.getBigUint64(32, true)), start: Number(view.getBigUint64(48, true)), end: end64 };
}

/** Replaces those of an entry's fields that do not fit into 32 bits by their values among its extra fields. */
function inFull(fields: readonly number[], extra: DataView): number[] {
  if (!fields.includes(ELSEWHERE)) return [...fields];
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    return fields.map((value) => {
      if (value !== ELSEWHERE || next + 8 > extra.byteLength) return value;
      next += 8;
      return Number(extra.getBigUint64(next - 8, true));
    });
  }
  return [...fields];
}

/** Offset of the packed contents of an entry. */
function contentStart({ name, flags, method, start }: ZipEntry, zip: Zip): number {
  const { archive } = zip;
  if (flags & 1) throw new Error(`Expected ${name} in ${archive} to be readable but found it encrypted`);
  if (method !== STORED && method !== DEFLATED) {
    throw new Error(`Expected ${name} in ${archive} stored or deflated but found method ${method} at byte ${start}`);
  }
  const head = record(zip, start, { length: 30, signature: LOCAL, what: `the entry ${name}` });
  const nameLength = head.getUint16(26, true), from = start + 30 + nameLength + head.getUint16(28, true);
  const local = text(record(zip, start, { length: 30 + nameLength, what: `the entry ${name}` }), 30, nameLength);
  if (local !== name) throw new Error(`Expected the entry ${name} in ${archive} at byte ${start} but found ${local}`);
  return from;
}

function contentsOf(entry: ZipEntry, zip: Zip): Uint8Array {
  const { name, method, crc, packed, size } = entry, from = contentStart(entry, zip);
  const bytes = record(zip, from, { length: packed, what: `the entry ${name}` });
  const content = unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, packed), { method, size });
  if (!content || content.length !== size || crc32(content) !== crc) {
    throw new Error(
      `Expected ${name} in ${zip.archive} to have the checksum ${
        crc.toString(16)
      } but found it damaged at byte ${from}`,
    );
  }
  return content;
}

function unpack(packed: Uint8Array, { method, size }: { method: number; size: number }): Uint8Array | null {
  if (method === STORED) return packed;
  try {
    // One chunk takes it all; what is longer than promised is an error.
    const { buffer, byteOffset, length } = inflateRawSync(packed, {
      chunkSize: Math.max(64, size + 1),
      maxOutputLength: Math.max(1, size),
    });
    return new Uint8Array(buffer, byteOffset, length);
  } catch {
    return null;
  }
}

/** The contents of an entry, piece by piece; throws at their end if they are not what the directory says. */
export async function* streamEntry(zip: Zip, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const start = contentStart(entry, zip), end = start + entry.packed;
  let at = start, size = 0, crc = 0;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at === end) return controller.close();
      const piece = zip.read(at, Math.min(1 << 16, end - at));
      at += piece.length;
      controller.enqueue(piece as Uint8Array<ArrayBuffer>);
    },
  });
  const damaged = (cause?: unknown) =>
    new Error(
      `Expected ${entry.size} intact bytes of ${entry.name} in ${zip.archive} but found it damaged after ${size}`,
      { cause },
    );
  const stream = entry.method === DEFLATED ? packed.pipeThrough(new DecompressionStream("deflate-raw")) : packed;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw damaged(cause);
      });
      if (done) break;
      size += value.length;
      crc = crc32(value, crc);
      if (size > entry.size) throw damaged();
      yield value;
    }
    if (size !== entry.size || crc !== entry.crc) throw damaged();
  } finally {
    await reader.cancel().catch(() => {}); // a stream that failed cannot be cancelled
  }
}

/** A record of this length, and with this signature, at an offset. */
function record(
  zip: Zip,
  at: number,
  { length, signature, what }: { length: number; signature?: number; what: string },
): DataView {
  const { archive, size } = zip;
  if (!(at + length <= size)) {
    throw new Error(
      `Expected ${what} of ${archive} in ${length} bytes at byte ${at} but found its end at byte ${size}`,
    );
  }
  const view = viewOf(zip.read(at, length));
  if (signature === undefined || view.getUint32(0, true) === signature) return view;
  throw new Error(`Expected ${what} of ${archive} at byte ${at} but found no header`);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function text({ buffer, byteOffset }: DataView, at: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + at, length));
}
