import sharp from "sharp";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { readImage, type RgbImage } from "../../lib/data/mod.ts";
import { type Samples, tiffOf, type TiffOptions } from "./tiff.ts";
import { readingSize } from "../../lib/data/read_image.ts";

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

Deno.test("readImage() shrinks images to a longer side after turning them, and others not at all", async () => {
  await inFolder(async (folder) => {
    const { data, raw } = picture(),
      whiteCorner = [[1, 1], [1, -2], [-2, -2], [-2, 1], [1, 1], [1, -2], [-2, -2], [-2, 1]];
    for (let orientation = 1; orientation <= 8; orientation++) {
      const file = `${folder}/${orientation}.jpg`;
      const large = sharp(data, { raw }).resize(640, 320, { kernel: "nearest" });
      await large.withMetadata({ orientation }).jpeg({ quality: 95 }).toFile(file);
      const image = await readImage(file, { longSide: 32 });
      assertEquals([image.width, image.height], orientation > 4 ? [16, 32] : [32, 16], `orientation ${orientation}`);
      const [y, x] = whiteCorner[orientation - 1]!;
      assert(near(corner(image, y!, x!), [255, 255, 255], 3), `orientation ${orientation}`);
      assertEquals(await readImage(file, { longSide: 640 }), await readImage(file));
    }
  });
});

Deno.test("readImage() shrinks images of any format and kind to nearly the same values", async () => {
  await inFolder(async (folder) => {
    const noise = sharp({
      create: { ...{ width: 96, height: 72, channels: 3 }, noise: { type: "gaussian", mean: 128, sigma: 40 } } as never,
    });
    const smooth = await noise.resize(960, 720, { kernel: "cubic" }).png().toBuffer();
    const options = { longSide: 120 }, source = () => sharp(smooth);
    await source().toFile(`${folder}/a.png`);
    const expected = await readImage(`${folder}/a.png`, options);
    assertEquals([expected.width, expected.height], [120, 90]);
    await source().jpeg({ quality: 98 }).toFile(`${folder}/a.jpg`);
    await source().webp({ quality: 98 }).toFile(`${folder}/a.webp`);
    await source().tiff({ compression: "lzw" }).toFile(`${folder}/a.tif`);
    await source().toColourspace("rgb16").png().toFile(`${folder}/b.png`);
    await source().ensureAlpha().png().toFile(`${folder}/c.png`);
    for (const name of ["a.jpg", "a.webp", "a.tif", "b.png", "c.png"]) {
      const { data } = await readImage(`${folder}/${name}`, options);
      const mean = data.reduce((sum, value, i) => sum + Math.abs(value - expected.data[i]!), 0) / data.length;
      assert(mean < 2, `${name}: ${mean}`);
    }
  });
});

Deno.test("readingSize() keeps proportions, at least a pixel, and never enlarges", () => {
  assertEquals(readingSize({ width: 4032, height: 3024 }, 500), { width: 500, height: 375 });
  assertEquals(readingSize({ width: 3024, height: 4032 }, 500), { width: 375, height: 500 });
  assertEquals(readingSize({ width: 500, height: 375 }, 500), { width: 500, height: 375 });
  assertEquals(readingSize({ width: 9000, height: 3 }, 500), { width: 500, height: 1 });
  assertEquals(readingSize({ width: 9000, height: 3 }, null), { width: 9000, height: 3 });
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

/** The pixels that readImage() gives of a TIFF file. */
async function readTiff(folder: string, samples: Samples, options: Omit<TiffOptions, "width" | "height">) {
  const bands = { 1: 1, 2: 3, 5: 4 }[options.photometric] + (options.extra?.length ?? 0);
  const path = `${folder}/a.tif`, image = { width: samples.length / bands, height: 1 };
  await Deno.writeFile(path, tiffOf(samples, { ...image, ...options }));
  return [...(await readImage(path)).data];
}

Deno.test("readImage() leaves out bands of a TIFF file that are not declared to be alpha", async () => {
  await inFolder(async (folder) => {
    const read = (samples: Samples, photometric: 1 | 2 | 5, extra: number[]) =>
      readTiff(folder, samples, { photometric, extra });
    const infrared = Uint8Array.of(200, 100, 30, 51, 0, 0, 0, 0);
    assertEquals(await read(infrared, 2, [0]), [200, 100, 30, 0, 0, 0]);
    assertEquals(await read(infrared, 2, [2]), [244, 224, 210, 255, 255, 255]); // 255 − 0.2 · (255 − value)
    assertEquals(await read(Uint8Array.of(200, 100, 30, 51, 9), 2, [0, 0]), [200, 100, 30]);
    assertEquals(await read(Uint8Array.of(200, 100, 30, 51, 9, 8, 7, 6, 5, 4), 2, [0, 0, 0, 0, 0, 0, 0]), [
      200,
      100,
      30,
    ]);
    assertEquals(await read(Uint16Array.of(200, 100, 30, 51).map((value) => value * 257), 2, [0]), [200, 100, 30]);
    assertEquals(await read(Uint8Array.of(70, 51), 1, [0]), [70, 70, 70]);
    assertEquals(await read(Uint8Array.of(70, 51), 1, [2]), [218, 218, 218]);
    assertEquals(await read(Uint8Array.of(100, 0, 0, 55, 9), 5, [0]), [122, 200, 200]);
  });
});

Deno.test("readImage() scales fractions of 0 to 1, and refuses values without a known range", async () => {
  await inFolder(async (folder) => {
    const read = (samples: Samples, photometric: 1 | 2 = 2, extra: number[] = []) =>
      readTiff(folder, samples, { photometric, extra });
    const of = (...values: number[]) => Float32Array.from(values, (value) => value / 255);
    assertEquals(await read(of(200, 100, 30, 0, 255.1, -0.1)), [200, 100, 30, 0, 255, 0]);
    assertEquals(await read(of(100, 7), 1), [100, 100, 100, 7, 7, 7]);
    assertEquals(await read(of(200, 100, 30, 51), 2, [0]), [200, 100, 30]);
    assertEquals(await read(of(200, 100, 30, 51), 2, [2]), [244, 224, 210]);
    const refuse = (samples: Samples, found: string) =>
      assertRejects(() => read(samples), Error, `Expected a readable image in ${folder}/a.tif but found: ${found}`);
    await refuse(Float32Array.of(200, 100, 30), "fractions beyond 0 to 1, such as 200");
    await refuse(Float32Array.of(0.5, NaN, 0), "fractions beyond 0 to 1, such as NaN");
    await refuse(Float32Array.of(0.5, 0.25, -0.5), "fractions beyond 0 to 1, such as -0.5");
    await refuse(Uint32Array.of(200, 100, 30), "whole numbers without a known range (uint)");
  });
});

Deno.test("readImage() says in one line what else a file is, or what is wrong with it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.jpg`;
    const refuse = (found: string) =>
      assertRejects(() => readImage(path), Error, `Expected a readable image in ${path} but found: ${found}`);
    await Deno.writeTextFile(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
    await refuse("a pointer of Git LFS, whose file was not fetched");
    await Deno.writeTextFile(path, "<!DOCTYPE html><html></html>");
    await refuse("a page of HTML");
    await Deno.writeFile(
      path,
      tiffOf(new Uint8Array(30000), { width: 100, height: 100, photometric: 2 }).subarray(0, 900),
    );
    const { message } = await assertRejects(() => readImage(path), Error);
    assert(!message.includes("\n") && message.length < path.length + 170, message);
  });
});

Deno.test("readImage() takes CMYK without a profile as light that two inks let through", async () => {
  await inFolder(async (folder) => {
    const inks = Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 0, 100, 255, 0, 100, 0, 0, 55, 0, 0, 0, 255, 10, 20, 30, 0);
    await Deno.writeFile(`${folder}/a.tif`, tiffOf(inks, { width: 6, height: 1, photometric: 5 }));
    const { data } = await readImage(`${folder}/a.tif`);
    const [white, cyan, orange, both, black, light] = [0, 1, 2, 3, 4, 5].map((
      i,
    ) => [...data.subarray(3 * i, 3 * i + 3)]);
    assertEquals([white, cyan, orange], [[255, 255, 255], [0, 255, 255], [255, 155, 0]]);
    assertEquals([both, black, light], [[122, 200, 200], [0, 0, 0], [245, 235, 225]]);
    const wide = Uint16Array.from(inks, (ink) => ink * 257);
    assertEquals(await readTiff(folder, wide, { photometric: 5 }), [...data]);
    const half = Uint8Array.of(255, 0, 0, 0, 51), halfWide = Uint16Array.from(half, (ink) => ink * 257);
    for (const inks of [half, halfWide]) {
      assertEquals(await readTiff(folder, inks, { photometric: 5, extra: [2] }), [204, 255, 255]);
    }
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
