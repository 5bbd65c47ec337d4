/**
 * Test for a TIFF file that declares the one band beside its colours to be alpha. Others are infrared, depth, spot
 * colours: libvips takes them for alpha, too.
 *
 * @param path The file.
 * @returns True where ExtraSamples of its first page is one band of alpha.
 */
export async function declaresAlpha(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const read = async (at: number, length: number): Promise<DataView> => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
    await file.seek(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += await file.read(bytes.subarray(done)) ?? bytes.length;
    return new DataView(bytes.buffer);
  };
  const head = await read(0, 16), isLittle = head.getUint8(0) === 0x49, isBig = head.getUint16(2, isLittle) === 43;
  const long = (view: DataView, at: number) =>
    isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);
  const start = long(head, isBig ? 8 : 4), first = start + (isBig ? 8 : 2), entry = isBig ? 20 : 12;
  const number = await read(start, 8), count = isBig ? long(number, 0) : number.getUint16(0, isLittle);
  const entries = await read(first, Math.min(count, 4096) * entry);
  for (let at = 0; at + entry <= entries.byteLength; at += entry) {
    if (entries.getUint16(at, isLittle) !== EXTRA_SAMPLES) continue;
    return long(entries, at + 4) === 1 && ALPHA.has(entries.getUint16(at + (isBig ? 12 : 8), isLittle));
  }
  return false;
}

const EXTRA_SAMPLES = 338;

/** Values of ExtraSamples: colours multiplied by it, or not. */
const ALPHA = new Set([1, 2]);
