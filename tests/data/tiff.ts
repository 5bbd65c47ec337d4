/** Values of samples: their type is that of the file. */
export type Samples = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** What a TIFF file says of its samples. */
export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 RGB, 5 inks. */
  readonly photometric: 1 | 2 | 5;
  /** Meanings of the bands beside the colours: 0 none, 1 and 2 alpha. */
  readonly extra?: readonly number[];
}

/** An uncompressed TIFF file of one page, without a profile. */
export function tiffOf(samples: Samples, { width, height, photometric, extra = [] }: TiffOptions): Uint8Array {
  const bands = { 1: 1, 2: 3, 5: 4 }[photometric] + extra.length, kind = samples instanceof Float32Array ? 3 : 1;
  const each = (value: number) => Array.from({ length: bands }, () => value);
  const shorts: [tag: number, values: readonly number[]][] = [
    [256, [width]],
    [257, [height]],
    [258, each(8 * samples.BYTES_PER_ELEMENT)],
    [259, [1]], // not compressed
    [262, [photometric]],
    [273, [0]], // where the pixels are
    [277, [bands]],
    [278, [height]],
    [279, [samples.byteLength]],
    ...extra.length > 0 ? [[338, extra]] as [number, readonly number[]][] : [],
    [339, each(kind)],
  ];
  const start = 8, beyond = start + 2 + 12 * shorts.length + 4, at = beyond + 2 * 16 * shorts.length;
  const bytes = new Uint8Array(at + samples.byteLength), view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, start]);
  view.setUint16(start, shorts.length, true);
  for (const [n, [tag, values]] of shorts.entries()) {
    const entry = start + 2 + 12 * n, elsewhere = beyond + 32 * n, place = values.length > 2 ? elsewhere : entry + 8;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, tag === 273 ? 4 : 3, true);
    view.setUint32(entry + 4, values.length, true);
    if (values.length > 2) view.setUint32(entry + 8, elsewhere, true);
    for (const [i, value] of values.entries()) view.setUint16(place + 2 * i, tag === 273 ? at : value, true);
  }
  bytes.set(new Uint8Array(samples.buffer), at);
  return bytes;
}
