import { ByteReader } from "./_byte_reader.ts";

/** Something in a tar archive. */
export interface TarEntry {
  /** Its path, as the archive says. */
  readonly path: string;
  /** What it is: only files and folders are safe to unpack. */
  readonly type: "file" | "folder" | "link" | "device" | "unknown";
  /** Its size in bytes. */
  readonly size: number;
  /** Where its header begins in the archive. */
  readonly offset: number;
  /** Its contents, to be read before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512; // bytes
const LONGEST_NAME = 65_536; // bytes of a record of extended names

const TYPES: Readonly<Record<string, TarEntry["type"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "5": "folder",
  "1": "link",
  "2": "link",
  "3": "device",
  "4": "device",
  "6": "device",
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
  const reader = new ByteReader(stream);
  const fail = (expected: string, found: string, offset = reader.offset): never => {
    throw new Error(`Expected ${expected} at byte ${offset} of ${name} but found ${found}`);
  };
  async function* content(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      const piece = await reader.some(left) ?? fail(`${left} more bytes`, "the end");
      left -= piece.length;
      yield piece;
    }
    const padding = (BLOCK - size % BLOCK) % BLOCK;
    if ((await reader.upTo(padding)).length < padding) fail("padding", "the end");
  }

  let extended: { path?: string; size?: number } = {};
  try {
    for (;;) {
      const offset = reader.offset;
      const block = await reader.upTo(BLOCK);
      if (block.length < BLOCK) fail("a header", "the end", offset);
      if (block.every((byte) => byte === 0)) return;
      const header = parseHeader(block) ?? fail("a tar header", "something else", offset);
      if ("xgLK".includes(header.type)) {
        if (header.size > LONGEST_NAME) fail("a name", `one of ${header.size} bytes`, offset);
        const text = new TextDecoder().decode(await joined(content(header.size)));
        if (header.type === "L") extended.path = text.replace(/\0.*$/s, "");
        else if (header.type === "x") {
          extended = { ...extended, ...parseExtended(text) ?? fail("records", "none", offset) };
        }
        continue;
      }
      const { path, size } = { ...header, ...extended };
      extended = {};
      const type = header.type === "0" && path.endsWith("/") ? "folder" : TYPES[header.type] ?? "unknown";
      const bytes = content(size);
      yield { path, type, size, offset, content: bytes };
      for await (const _ of bytes); // what was left of it
    }
  } finally {
    await reader.cancel();
  }
}

/** Path, size and type of a header block; `null` if its checksum is wrong. */
function parseHeader(block: Uint8Array): { path: string; size: number; type: string } | null {
  const text = (start: number, length: number) =>
    new TextDecoder().decode(block.subarray(start, start + length)).replace(/\0.*$/s, "");
  const sum = block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = parseNumber(block.subarray(124, 136));
  if (parseNumber(block.subarray(148, 156)) !== sum || size === null) return null;
  const prefix = text(257, 6) === "ustar" ? text(345, 155) : "";
  return { path: (prefix && `${prefix}/`) + text(0, 100), size, type: String.fromCharCode(block[156]!) };
}

/** A number in octal digits or, if its first bit is set, binary. */
function parseNumber(field: Uint8Array): number | null {
  if (field[0]! & 0x80) {
    const value = field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
    return field[0] === 0x80 && Number.isSafeInteger(value) ? value : null;
  }
  const digits = /^ *([0-7]+)[ \0]*$/.exec(String.fromCharCode(...field))?.[1];
  return digits === undefined ? null : parseInt(digits, 8);
}

/** Path and size of pax's records, `<length> <key>=<value>\n` each; `null` if they are no such records. */
function parseExtended(text: string): { path?: string; size?: number } | null {
  const bytes = new TextEncoder().encode(text);
  const result: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length;) {
    const [head, digits] = /^(\d{1,6}) /.exec(new TextDecoder().decode(bytes.subarray(at, at + 8))) ?? [];
    const length = Number(digits);
    if (!head || length <= head.length || at + length > bytes.length) return null;
    const record = new TextDecoder().decode(bytes.subarray(at + head.length, at + length));
    const [, key, value] = /^([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (value === undefined) return null;
    if (key === "path") result.path = value;
    if (key === "size") {
      if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) return null;
      result.size = Number(value);
    }
    at += length;
  }
  return result;
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(await Array.fromAsync(pieces) as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
