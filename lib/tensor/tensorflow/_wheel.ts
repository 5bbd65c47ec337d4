/** Reading single files out of a Python wheel, which is a zip archive, without holding them in memory. */
import { crc32 } from "node:zlib";

/** A file inside a zip archive. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly header: number;
}

/**
 * Writes files of a wheel to a folder, by base name.
 *
 * @throws Error if the wheel lacks one of them or is damaged.
 */
export async function extractFromWheel(
  wheel: string,
  { names, folder }: { names: readonly string[]; folder: string },
): Promise<void> {
  using file = await Deno.open(wheel);
  const entries = await readDirectory(file, wheel);
  for (const name of names) {
    const entry = entries.find((entry) => entry.name === name || entry.name.endsWith(`/${name}`));
    if (!entry) throw new Error(`Expected a file ${name} in ${wheel} but found none`);
    await extract(file, entry, `${folder}/${name}`);
  }
}

async function readDirectory(file: Deno.FsFile, path: string): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error(`Expected a wheel but found no zip archive in ${path}`);
  const directory = await readAt(file, tail.getUint32(end + 16, true), tail.getUint32(end + 12, true));

  const entries: Entry[] = [];
  for (let at = 0; at < directory.byteLength && directory.getUint32(at, true) === 0x02014b50;) {
    const nameLength = directory.getUint16(at + 28, true);
    entries.push({
      name: new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, nameLength)),
      method: directory.getUint16(at + 10, true),
      crc: directory.getUint32(at + 16, true),
      compressed: directory.getUint32(at + 20, true),
      size: directory.getUint32(at + 24, true),
      header: directory.getUint32(at + 42, true),
    });
    at += 46 + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
  }
  return entries;
}

async function extract(file: Deno.FsFile, entry: Entry, target: string): Promise<void> {
  const header = await readAt(file, entry.header, 30);
  const start = entry.header + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  let content = readStream(file, start, entry.compressed);
  if (entry.method === 8) content = content.pipeThrough(new DecompressionStream("deflate-raw"));
  else if (entry.method !== 0) throw new Error(`Expected a deflated ${entry.name} but found method ${entry.method}`);

  const temporary = `${target}.part`;
  let size = 0, crc = 0;
  {
    using output = await Deno.open(temporary, { write: true, create: true, truncate: true });
    for await (const chunk of content) {
      size += chunk.length;
      crc = crc32(chunk, crc);
      for (let done = 0; done < chunk.length;) done += await output.write(chunk.subarray(done));
    }
  }
  if (size !== entry.size || crc !== entry.crc) {
    await Deno.remove(temporary);
    throw new Error(`Expected ${entry.size} intact bytes of ${entry.name} but found ${size} with other contents`);
  }
  await Deno.rename(temporary, target);
}

function readStream(file: Deno.FsFile, start: number, length: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let done = 0;
  return new ReadableStream({
    async pull(controller) {
      const chunk = await readAt(file, start + done, Math.min(1 << 20, length - done));
      done += chunk.byteLength;
      controller.enqueue(new Uint8Array(chunk.buffer));
      if (done === length) controller.close();
    },
  });
}

async function readAt(file: Deno.FsFile, position: number, length: number): Promise<DataView<ArrayBuffer>> {
  await file.seek(position, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) throw new Error(`Expected ${length} bytes at ${position} but found ${done}`);
    done += read;
  }
  return new DataView(bytes.buffer);
}
