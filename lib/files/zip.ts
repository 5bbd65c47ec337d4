import { crc32, inflateRawSync } from "node:zlib";

const END = 0x06054b50, END_64 = 0x06064b50, LOCATOR_64 = 0x07064b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
const STORED = 0, DEFLATED = 8;
/** In a field of 32 bits: the value is in one of 64 bits elsewhere. */
const ELSEWHERE = 0xffffffff;
/** Bytes that the compressed entries of an archive may have together; a few kilobytes can promise more than memory has. */
const LIMIT = 512 * 2 ** 20;

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
  const zip: Zip = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), archive };
  const files = new Map<string, Uint8Array>();
  let unpacked = 0;
  for (const entry of directory(zip)) {
    checkName(entry, archive);
    if (files.has(entry.name)) {
      throw new Error(`Expected one entry ${entry.name} in ${archive} but found another at byte ${entry.start}`);
    }
    if (entry.method === DEFLATED) unpacked += entry.size;
    if (unpacked > LIMIT) {
      throw new Error(
        `Expected at most ${LIMIT} bytes of unpacked entries in ${archive} but found ${unpacked} up to ${entry.name}`,
      );
    }
    files.set(entry.name, contentsOf(entry, zip));
  }
  return files;
}

interface Zip {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly archive: string;
}

/** What the directory says about a file. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly start: number;
}

function* directory(zip: Zip): Generator<Entry> {
  const { bytes, view } = zip;
  const { count, start, end } = directoryPlace(zip);
  let at = start;
  for (let left = count; left > 0; left--) {
    require(zip, at, { length: 46, signature: CENTRAL, what: "an entry of the directory" });
    const nameLength = view.getUint16(at + 28, true), extraLength = view.getUint16(at + 30, true);
    const length = 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    require(zip, at, { length, what: "an entry of the directory" });
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    const [size, packed, local] = inFull(
      fields,
      new DataView(
        bytes.buffer,
        bytes.byteOffset + at + 46 + nameLength,
        extraLength,
      ),
    );
    yield {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      size: size!,
      packed: packed!,
      start: local!,
    };
    at += length;
  }
  if (at !== end) {
    throw new Error(
      `Expected ${count} entries up to byte ${end} in ${zip.archive} but found them to end at byte ${at}`,
    );
  }
}

/** Number of entries, and where the directory begins and ends. */
function directoryPlace(zip: Zip): { count: number; start: number; end: number } {
  const { view, archive } = zip;
  const end = findEnd(view);
  if (end < 0) {
    throw new Error(
      `Expected ${archive} to be a whole zip archive but found no directory before its end at byte ${view.byteLength}`,
    );
  }
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) {
    return { count: view.getUint16(end + 10, true), start: view.getUint32(end + 16, true), end };
  }
  const end64 = Number(view.getBigUint64(locator + 8, true));
  require(zip, end64, { length: 56, signature: END_64, what: "the end of the directory" });
  return {
    count: Number(view.getBigUint64(end64 + 32, true)),
    start: Number(view.getBigUint64(end64 + 48, true)),
    end: end64,
  };
}

/** Offset of the record that ends the archive: it is followed by a comment of up to 65535 bytes. */
function findEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65535); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return -1;
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

function contentsOf({ name, method, crc, packed, size, start }: Entry, zip: Zip): Uint8Array {
  const { bytes, view, archive } = zip;
  require(zip, start, { length: 30, signature: LOCAL, what: `the entry ${name}` });
  const nameLength = view.getUint16(start + 26, true);
  const from = start + 30 + nameLength + view.getUint16(start + 28, true);
  require(zip, from, { length: packed, what: `the entry ${name}` });
  const local = new TextDecoder().decode(bytes.subarray(start + 30, start + 30 + nameLength));
  if (local !== name) throw new Error(`Expected the entry ${name} in ${archive} at byte ${start} but found ${local}`);
  if (method !== STORED && method !== DEFLATED) {
    throw new Error(
      `Expected ${name} in ${archive} stored or deflated but found compression ${method} at byte ${start}`,
    );
  }
  const content = unpack(bytes.subarray(from, from + packed), { method, size });
  if (!content || content.length !== size || crc32(content) !== crc) {
    throw new Error(
      `Expected ${name} in ${archive} to have the checksum ${crc.toString(16)} but found it damaged at byte ${from}`,
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

/** Refuses names that would lead out of the folder that an archive is unpacked to. */
function checkName({ name, start }: Entry, archive: string): void {
  if (/^[/\\]|^[A-Za-z]:|\\|\0|(^|\/)\.\.(\/|$)/.test(name)) {
    throw new Error(
      `Expected entries of ${archive} to stay in their folder but found ${JSON.stringify(name)} at byte ${start}`,
    );
  }
}

/** Checks that a record of this length, and with this signature, is at an offset. */
function require(
  { view, archive }: Zip,
  at: number,
  { length, signature, what }: { length: number; signature?: number; what: string },
): void {
  const fits = at + length <= view.byteLength;
  if (fits && (signature === undefined || view.getUint32(at, true) === signature)) return;
  const found = fits ? "something else" : `an end at byte ${view.byteLength}`;
  throw new Error(`Expected ${what} of ${archive} at byte ${at} but found ${found}`);
}
