import { crc32 } from "node:zlib";
import { SafeFolder, type UnpackLimits } from "./_safe_folder.ts";

/** Something in a zip archive. */
interface Entry {
  readonly path: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly mode: number;
  readonly header: number;
}

const END = 0x06054b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
const END_SIZE = 22, LONGEST_COMMENT = 65_535, LARGEST_DIRECTORY = 2 ** 26; // bytes
const FORMAT = 0o170000, FILE = 0o100000; // of Unix modes

/**
 * Unpacks a zip archive that need not be trusted. Nothing is written outside the folder, and no file that is there
 * already is changed.
 *
 * @param path The archive: stored or deflated entries, below 4 GiB, not encrypted.
 * @param folder Where its contents go, best a new folder: what was unpacked before an error stays.
 * @param options Limits, and which entries to unpack (default: all).
 * @throws Error naming archive and entry where it is a link or device, has a path with `..` or an absolute one, exceeds
 * a limit, or is damaged.
 */
export async function unpackZip(
  path: string,
  folder: string,
  { limits, only = () => true }: { limits: UnpackLimits; only?: (entry: string) => boolean },
): Promise<void> {
  using file = await Deno.open(path);
  const target = new SafeFolder(folder, { archive: path, limits });
  for (const entry of await readDirectory(file, path)) {
    if (!only(entry.path)) continue;
    const label = `${JSON.stringify(entry.path)} of ${path}`;
    const kind = entry.mode & FORMAT;
    if (entry.path.endsWith("/")) await target.makeFolder(entry.path);
    else if (kind !== 0 && kind !== FILE) {
      throw new Error(`Expected files and folders in ${path} but found another thing at ${JSON.stringify(entry.path)}`);
    } else await target.writeFile(entry.path, content(file, entry, label));
  }
}

async function readDirectory(file: Deno.FsFile, path: string): Promise<Entry[]> {
  const { size } = await file.stat();
  const tailStart = Math.max(0, size - END_SIZE - LONGEST_COMMENT);
  const tail = await readAt(file, tailStart, { length: size - tailStart, label: path });
  let end = tail.byteLength - END_SIZE;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw new Error(`Expected a zip archive in ${path} but found no directory at its end`);
  const count = tail.getUint16(end + 10, true);
  const [length, start] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (length > LARGEST_DIRECTORY || start + length > size) {
    throw new Error(`Expected a directory in ${path} but found one of ${length} bytes at byte ${start}`);
  }
  const directory = await readAt(file, start, { length, label: path });
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > length || directory.getUint32(at, true) !== CENTRAL) {
      throw new Error(`Expected ${count} entries in ${path} but found ${entries.length}, up to byte ${start + at}`);
    }
    const nameLength = directory.getUint16(at + 28, true);
    const next = at + 46 + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > length) throw new Error(`Expected an entry at byte ${start + at} of ${path} but found it cut off`);
    entries.push({
      path: new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameLength)),
      flags: directory.getUint16(at + 8, true),
      method: directory.getUint16(at + 10, true),
      crc: directory.getUint32(at + 16, true),
      packed: directory.getUint32(at + 20, true),
      size: directory.getUint32(at + 24, true),
      mode: directory.getUint16(at + 40, true),
      header: directory.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

/** The contents of a file in the archive; throws at their end if they are not what the directory says. */
async function* content(file: Deno.FsFile, entry: Entry, label: string): AsyncGenerator<Uint8Array> {
  const { flags, method, header } = entry;
  if (flags & 1) throw new Error(`Expected ${label} to be readable but found it encrypted`);
  if (method !== 0 && method !== 8) throw new Error(`Expected ${label} stored or deflated but found method ${method}`);
  const local = await readAt(file, header, { length: 30, label });
  if (local.getUint32(0, true) !== LOCAL) throw new Error(`Expected ${label} at byte ${header} but found no header`);
  const start = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  let stream = readStream(file, start, { length: entry.packed, label });
  if (method === 8) stream = stream.pipeThrough(new DecompressionStream("deflate-raw"));
  let size = 0, crc = 0;
  const damaged = (cause?: unknown) =>
    new Error(`Expected ${entry.size} intact bytes in ${label} but found it damaged after ${size}`, { cause });
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw damaged(error);
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

function readStream(
  file: Deno.FsFile,
  start: number,
  { length, label }: { length: number; label: string },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let done = 0;
  return new ReadableStream({
    async pull(controller) {
      if (done === length) return controller.close();
      const piece = await readAt(file, start + done, { length: Math.min(1 << 16, length - done), label });
      done += piece.byteLength;
      controller.enqueue(new Uint8Array(piece.buffer));
    },
  });
}

async function readAt(
  file: Deno.FsFile,
  position: number,
  { length, label }: { length: number; label: string },
): Promise<DataView<ArrayBuffer>> {
  await file.seek(position, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) throw new Error(`Expected ${length} bytes at byte ${position} of ${label} but found ${done}`);
    done += read;
  }
  return new DataView(bytes.buffer);
}
