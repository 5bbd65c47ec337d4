import sharp from "sharp";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { readImage, type RgbImage } from "../../lib/data/mod.ts";

/** 64×32 pixels: left half red, right half blue, and white in the top left corner. */
function picture(): { data: Uint8Array; raw: { width: number; height: number; channels: 3 } } {
  const data = new Uint8Array(64 * 32 * 3);
  for (let i = 0; i < 64 * 32; i++) {
    const x = i % 64, y = Math.floor(i / 64);
    data.set(x < 16 && y < 16 ? [255, 255, 255] : x < 32 ? [200, 40, 30] : [20, 60, 210], i * 3);
  }
  return { data, raw: { width: 64, height: 32, channels: 3 } };
}

const corner = ({ width, height, data }: RgbImage, y: number, x: number) => {
  const at = ((y < 0 ? height + y : y) * width + (x < 0 ? width + x : x)) * 3;
  return [...data.subarray(at, at + 3)];
};
const near = (a: number[], b: number[], tolerance: number) => a.every((v, i) => Math.abs(v - b[i]!) <= tolerance);

Deno.test("readImage() turns an image as each of the eight EXIF orientations says", async () => {
  await inFolder(async (folder) => {
    const { data, raw } = picture();
    const whiteCorner = [[2, 2], [2, -3], [-3, -3], [-3, 2], [2, 2], [2, -3], [-3, -3], [-3, 2]];
    for (let orientation = 1; orientation <= 8; orientation++) {
      const file = `${folder}/${orientation}.jpg`;
      await sharp(data, { raw }).withMetadata({ orientation }).jpeg({ quality: 95 }).toFile(file);
      const image = await readImage(file);
      assertEquals([image.width, image.height], orientation > 4 ? [32, 64] : [64, 32], `orientation ${orientation}`);
      const [y, x] = whiteCorner[orientation - 1]!;
      assert(near(corner(image, y!, x!), [255, 255, 255], 3), `orientation ${orientation}`);
    }
  });
});

Deno.test("readImage() gives PNG, WebP and TIFF pixel by pixel", async () => {
  await inFolder(async (folder) => {
    const { data, raw } = picture();
    const source = () => sharp(data, { raw });
    await source().png().toFile(`${folder}/a.png`);
    await source().webp({ lossless: true }).toFile(`${folder}/a.webp`);
    await source().tiff({ compression: "lzw" }).toFile(`${folder}/a.tif`);
    for (const file of ["a.png", "a.webp", "a.tif"]) {
      assertEquals(await readImage(`${folder}/${file}`), { width: 64, height: 32, data }, file);
    }
  });
});

Deno.test("readImage() makes 8-bit RGB of grey, 16-bit, indexed and CMYK images", async () => {
  await inFolder(async (folder) => {
    const { data, raw } = picture();
    const source = () => sharp(data, { raw });
    await source().greyscale().png().toFile(`${folder}/grey.png`);
    await source().greyscale().jpeg().toFile(`${folder}/grey.jpg`);
    await source().greyscale().toColourspace("grey16").png().toFile(`${folder}/grey16.png`);
    await source().toColourspace("rgb16").png().toFile(`${folder}/rgb16.png`);
    await source().png({ palette: true }).toFile(`${folder}/indexed.png`);
    await source().toColourspace("cmyk").jpeg({ quality: 95 }).toFile(`${folder}/cmyk.jpg`);
    for (const [file, tolerance] of Object.entries({ "rgb16.png": 1, "indexed.png": 4, "cmyk.jpg": 95 })) {
      const image = await readImage(`${folder}/${file}`);
      assertEquals(image.data.length, 64 * 32 * 3, file);
      assert(near(corner(image, 2, 2), [255, 255, 255], 4), file);
      assert(near(corner(image, -3, 2), [200, 40, 30], tolerance), file);
      assert(near(corner(image, -3, -3), [20, 60, 210], tolerance), file);
    }
    for (const file of ["grey.png", "grey.jpg", "grey16.png"]) {
      const image = await readImage(`${folder}/${file}`);
      assertEquals(image.data.length, 64 * 32 * 3, file);
      const [r, g, b] = corner(image, -3, 2);
      assert(r === g && g === b && r! > 70 && r! < 125, `${file}: ${r}, ${g}, ${b}`);
    }
  });
});

/** An uncompressed TIFF of four inks, without a profile. */
function cmykTiff(inks: Uint8Array, { width, height }: { width: number; height: number }): Uint8Array {
  const start = 8,
    entries: [tag: number, type: number, count: number, value: number][] = [
      [256, 4, 1, width],
      [257, 4, 1, height],
      [258, 3, 4, 0], // bits of the four samples, after the entries
      [259, 3, 1, 1], // not compressed
      [262, 3, 1, 5], // inks
      [273, 4, 1, 0], // where the pixels are
      [277, 3, 1, 4],
      [278, 4, 1, height],
      [279, 4, 1, inks.length],
    ];
  const bits = start + 2 + 12 * entries.length + 4, at = bits + 8;
  const bytes = new Uint8Array(at + inks.length), view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, start]);
  view.setUint16(start, entries.length, true);
  for (const [n, [tag, type, count, value]] of entries.entries()) {
    const entry = start + 2 + 12 * n;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, count, true);
    view.setUint32(entry + 8, tag === 258 ? bits : tag === 273 ? at : value, true);
  }
  for (let sample = 0; sample < 4; sample++) view.setUint16(bits + 2 * sample, 8, true);
  bytes.set(inks, at);
  return bytes;
}

Deno.test("readImage() takes CMYK without a profile as light that two inks let through", async () => {
  await inFolder(async (folder) => {
    const inks = Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 0, 100, 255, 0, 100, 0, 0, 55, 0, 0, 0, 255, 10, 20, 30, 0);
    await Deno.writeFile(`${folder}/a.tif`, cmykTiff(inks, { width: 6, height: 1 }));
    const { data } = await readImage(`${folder}/a.tif`);
    const [white, cyan, orange, both, black, light] = [0, 1, 2, 3, 4, 5].map((
      i,
    ) => [...data.subarray(3 * i, 3 * i + 3)]);
    assertEquals([white, cyan, orange], [[255, 255, 255], [0, 255, 255], [255, 155, 0]]);
    assertEquals([both, black, light], [[122, 200, 200], [0, 0, 0], [245, 235, 225]]);
  });
});

Deno.test("readImage() lays transparent parts over white", async () => {
  await inFolder(async (folder) => {
    const data = Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 128, 0, 0, 0, 0);
    await sharp(data, { raw: { width: 3, height: 1, channels: 4 } }).png().toFile(`${folder}/a.png`);
    assertEquals([...(await readImage(`${folder}/a.png`)).data].filter((_, i) => i % 3 === 0), [0, 127, 255]);
  });
});

Deno.test("readImage() names a file that is missing, cut off, empty or no image", async () => {
  await inFolder(async (folder) => {
    const { data, raw } = picture();
    const jpeg = await sharp(data, { raw }).jpeg().toBuffer(), png = await sharp(data, { raw }).png().toBuffer();
    await Deno.writeFile(`${folder}/cut.jpg`, jpeg.subarray(0, jpeg.length - 20));
    await Deno.writeFile(`${folder}/cut.png`, png.subarray(0, png.length >> 1));
    await Deno.writeFile(`${folder}/empty.jpg`, new Uint8Array(0));
    await Deno.writeTextFile(`${folder}/text.jpg`, "hello");
    for (const name of ["missing.jpg", "cut.jpg", "cut.png", "empty.jpg", "text.jpg"]) {
      const path = `${folder}/${name}`;
      await assertRejects(() => readImage(path), Error, `Expected a readable image in ${path} but found`);
    }
  });
});
