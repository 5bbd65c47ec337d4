import type { RgbImage } from "../data/mod.ts";

/** Bytes of decoded photographs that a training keeps. */
const ROOM = 1 << 26;

/** Keeps decoded photographs while there is room: those of a small data set are decoded once, not in every epoch. */
export function remembered(read: (id: string) => Promise<RgbImage>): (id: string) => Promise<RgbImage> {
  const known = new Map<string, RgbImage>();
  let room = ROOM;
  return async (id) => {
    const image = known.get(id) ?? await read(id);
    if (!known.has(id) && image.data.length <= room) {
      known.set(id, image);
      room -= image.data.length;
    }
    return image;
  };
}
