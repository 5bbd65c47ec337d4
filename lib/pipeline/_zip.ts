/** Reads zip archives and verifies their checksums, which fflate does not. */
import { crc32 } from "node:zlib";
import { inflateSync } from "fflate";

const END = 0x06054b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
const DEFLATED = 8;

/** Files of a zip archive by name. `archive` names it in messages. */
export function readZip(bytes: Uint8Array, archive: string): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readEntries(bytes, { view, archive });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset beyond the end
    throw new Error(`Expected ${archive} to be a whole zip archive but found it damaged`, { cause: error });
  }
}

function readEntries(
  bytes: Uint8Array,
  { view, archive }: { view: DataView; archive: string },
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const end = findEnd(view);
  if (end < 0) throw new Error(`Expected ${archive} to be a whole zip archive but found no directory at its end`);
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== CENTRAL) throw new RangeError("no directory entry");
    const [method, crc, packed, size] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 16, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 24, true),
    ];
    const local = view.getUint32(at + 42, true);
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (view.getUint32(local, true) !== LOCAL) throw new RangeError("no local header");
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (start + packed > bytes.length) throw new RangeError("entry beyond the end");
    const content = unpack(bytes.subarray(start, start + packed), { method, size });
    if (!content || content.length !== size || crc32(content) !== crc) {
      throw new Error(`Expected ${name} in ${archive} to have the checksum ${crc.toString(16)} but found it damaged`);
    }
    files.set(name, content);
  }
  return files;
}

/** Offset of the record that ends the archive: it is followed by a comment of up to 65535 bytes. */
function findEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65535); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return -1;
}

function unpack(packed: Uint8Array, { method, size }: { method: number; size: number }): Uint8Array | null {
  if (method === 0) return packed;
  if (method !== DEFLATED) return null;
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch {
    return null;
  }
}
