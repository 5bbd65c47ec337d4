import { crc32, deflateSync } from "node:zlib";
import { assertEquals, assertThrows } from "../assert.ts";
import { hasPython, lacks, runPython } from "../needs.ts";
import { vocPalette } from "../../lib/data/mod.ts";
import sharp from "sharp";
import { decodePng, encodePng, readPngSamples } from "../../lib/files/png.ts";

const base64 = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Written by Pillow: 7×5 pixels, value (3·y + 5·x) mod n, and a palette of n colours. */
const pillow: Record<number, string> = {
  2: "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAQMAAACzVGSbAAAABlBMVEUAMmQlV4mV2kZhAAAAEklEQVR42mMIYVjF/J9hFfN/AA+0A63+3QPLAAAAAElFTkSuQmCC",
  4: "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAgMAAAD09B5LAAAADFBMVEUAMmQlV4lKfK5vodPD8Dt6AAAAGElEQVR42mOU/st47B/L6//MIvcYpf8CADSEBtseJAueAAAAAElFTkSuQmCC",
  16:
    "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFBAMAAAB7tOvrAAAAMFBMVEUAMmQlV4lKfK5vodOUxvi56x3eEEIDNWcoWoxNf7FypNaXyfu87iDhE0UGOGorXY/VCAz6AAAAIUlEQVR42mNmXftpD5OxsrEBk7GxsQGTsbGyAZOysbEBAFKtBWCIMLJBAAAAAElFTkSuQmCC",
  32:
    "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAMAAAC+RAbqAAAAYFBMVEUAMmQlV4lKfK5vodOUxvi56x3eEEIDNWcoWoxNf7FypNaXyfu87iDhE0UGOGorXY9QgrR1p9mazP6/8SPkFkgJO20uYJJThbd4qtydzwHC9CbnGUsMPnAxY5VWiLp7rd9sqEmDAAAAL0lEQVR42mNgYOXiF5GUY2Dm4BUSl2FkYOMWEJWSZ2Hg5BOWkGViZ+ARFJMGqgEAJ+gCANgoaWoAAAAASUVORK5CYII=",
};
const grey = "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAAFUlEQVR4nGNkMDIyMjIyYpKDAFw0AF8KBH4e8ni2AAAAAElFTkSuQmCC";
const rgb = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAC0lEQVR4nGNgQAYAAA4AAamRc7EAAAAASUVORK5CYII=";
const grey16 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACEAAAAAAHTY67AAAAC0lEQVR4nGNggAEAAAoAAX+AdF4AAAAASUVORK5CYII=";

Deno.test("decodePng() reads Pillow's indexed files of 1, 2, 4 and 8 bits, values and palette", () => {
  for (const [n, text] of Object.entries(pillow)) {
    const { width, height, data, palette } = decodePng(base64(text), `${n} colours`);
    assertEquals([width, height], [7, 5]);
    assertEquals([...data], Array.from({ length: 35 }, (_, i) => (3 * Math.floor(i / 7) + 5 * (i % 7)) % Number(n)));
    const colours = Array.from({ length: 3 * Number(n) }, (_, i) => (Math.floor(i / 3) * 37 + (i % 3) * 50) % 256);
    assertEquals([...palette!.subarray(0, colours.length)], colours);
  }
});

Deno.test("decodePng() reads grey levels as they are", () => {
  const { data, palette } = decodePng(base64(grey), "grey");
  assertEquals([...data], Array.from({ length: 35 }, (_, i) => (30 * Math.floor(i / 7) + 50 * (i % 7)) % 256));
  assertEquals(palette, null);
});

Deno.test("decodePng() undoes each of the five row filters", () => {
  const width = 6, rows = [0, 1, 2, 3, 4, 4, 3, 2, 1];
  const data = Uint8Array.from({ length: width * rows.length }, (_, i) => (i * i * 7 + i * 13) % 256);
  const filtered: number[] = [];
  rows.forEach((filter, y) => {
    filtered.push(filter);
    for (let x = 0; x < width; x++) {
      const at = (dy: number, dx: number) => y - dy < 0 || x - dx < 0 ? 0 : data[(y - dy) * width + x - dx]!;
      const [left, up, corner] = [at(0, 1), at(1, 0), at(1, 1)];
      const p = left + up - corner;
      const paeth = [left, up, corner].reduce((best, v) => Math.abs(p - v) < Math.abs(p - best) ? v : best);
      const guess = [0, left, up, Math.floor((left + up) / 2), paeth][filter]!;
      filtered.push((data[y * width + x]! - guess + 256) % 256);
    }
  });
  const plain = encodePng({ width, height: rows.length, data }, { palette: null });
  const file = replacePixels(plain, deflateSync(Uint8Array.from(filtered)));
  assertEquals(decodePng(file, "filtered").data, data);
});

Deno.test("readPngSamples() reads colours, transparency and 16 bits as they are stored, over all row filters", async () => {
  const sizes = { width: 9, height: 7 };
  const samples = (count: number) => Uint8Array.from({ length: 63 * count }, (_, i) => (i * i * 7 + i * 13) % 256);
  for (const channels of [1, 2, 3, 4] as const) {
    const data = samples(channels), image = sharp(data, { raw: { ...sizes, channels } });
    const png = image.toColourspace(channels < 3 ? "b-w" : "srgb").png({ adaptiveFiltering: true });
    assertEquals(readPngSamples(await png.toBuffer(), "a.png"), { ...sizes, channels, data, palette: null });
  }
  assertThrows(() => decodePng(base64(grey16), "a.png"), Error, "found 16 in a.png");
  const { data } = readPngSamples(base64(grey16), "a.png");
  assertEquals([data instanceof Uint16Array, data.length], [true, 4]);
});

Deno.test("encodePng() is undone by decodePng(), with VOC's colours unless told otherwise", () => {
  const map = { width: 5, height: 3, data: Uint8Array.from({ length: 15 }, (_, i) => i === 7 ? 255 : i) };
  assertEquals(decodePng(encodePng(map), "map"), { ...map, palette: vocPalette() });
  assertEquals(decodePng(encodePng(map, { palette: null }), "map"), { ...map, palette: null });
  assertEquals(encodePng(map), encodePng({ ...map, data: map.data.slice() }));
});

Deno.test("vocPalette() has the colours of the devkit", () => {
  const palette = vocPalette();
  const colour = (label: number) => [...palette.subarray(label * 3, label * 3 + 3)];
  assertEquals([0, 1, 2, 3, 8, 15, 20, 255].map(colour), [
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [64, 0, 0],
    [192, 128, 128],
    [0, 64, 128],
    [224, 224, 192],
  ]);
});

Deno.test("decodePng() names the file and what it found where it cannot read", () => {
  const good = encodePng({ width: 4, height: 4, data: new Uint8Array(16) });
  assertThrows(() => decodePng(Uint8Array.of(0xff, 0xd8, 0xff), "a.png"), Error, "Expected a.png to be a PNG");
  assertThrows(() => decodePng(base64(rgb), "a.png"), Error, "indexed or grey PNG but found RGB in a.png");
  assertThrows(() => decodePng(base64(grey16), "a.png"), Error, "found 16 in a.png");
  for (let length = 8; length < good.length; length++) {
    assertThrows(() => decodePng(good.subarray(0, length), "cut.png"), Error, "cut.png");
  }
  for (let at = 8; at < good.length; at++) {
    const damaged = good.slice();
    damaged[at]! ^= 0x10;
    assertThrows(() => decodePng(damaged, "bad.png"), Error, "bad.png");
  }
  const interlaced = good.slice();
  interlaced[28] = 2;
  new DataView(interlaced.buffer).setUint32(29, crc32(interlaced.subarray(12, 29)));
  assertThrows(() => decodePng(interlaced, "a.png"), Error, "Expected an interlacing of 0 or 1 but found 2 in a.png");
  const short = replacePixels(good, deflateSync(new Uint8Array(3)));
  assertThrows(() => decodePng(short, "a.png"), Error, "Expected 20 bytes of pixels in a.png but found 3");
});

Deno.test("encodePng() refuses maps of the wrong length and indices without a colour", () => {
  assertThrows(() => encodePng({ width: 2, height: 2, data: new Uint8Array(3) }), RangeError, "2×2 values but found 3");
  assertThrows(
    () => encodePng({ width: 1, height: 1, data: Uint8Array.of(2) }, { palette: new Uint8Array(6) }),
    RangeError,
    "Expected indices below 2 but found 2",
  );
});

Deno.test({
  name: "Pillow reads what encodePng() writes",
  ignore: lacks("pillow", await hasPython("PIL")),
  async fn() {
    const map = { width: 7, height: 3, data: Uint8Array.from({ length: 21 }, (_, i) => i * 12) };
    const file = await Deno.makeTempFile({ suffix: ".png" });
    try {
      await Deno.writeFile(file, encodePng(map));
      const code = "import sys; from PIL import Image; i = Image.open(sys.argv[1]); " +
        "print(i.mode, i.size, list(i.tobytes()), i.getpalette()[3:6])";
      const values = [...map.data].join(", ");
      assertEquals((await runPython(["-c", code, file])).trim(), `P (7, 3) [${values}] [128, 0, 0]`);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("decodePng() refuses a small file with far more pixels than it says, or that says far too many", () => {
  const file = encodePng({ width: 4, height: 2, data: new Uint8Array(8) });
  const bomb = replacePixels(file, deflateSync(new Uint8Array(50_000_000)));
  assertThrows(() => decodePng(bomb, "bomb.png"), Error, "Expected readable pixels in bomb.png but found");

  const huge = file.slice(), view = new DataView(huge.buffer);
  view.setUint32(16, 2 ** 31 - 1);
  view.setUint32(29, crc32(huge.subarray(12, 29)));
  assertThrows(() => decodePng(huge, "huge.png"), Error, "pixels but found 2147483647×2 in huge.png");
});

/** The same file with other compressed pixels. */
function replacePixels(file: Uint8Array, pixels: Uint8Array): Uint8Array {
  const text = String.fromCharCode(...file);
  const start = text.indexOf("IDAT") - 4, end = text.indexOf("IEND") - 4;
  const chunk = new Uint8Array(pixels.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, pixels.length);
  chunk.set([73, 68, 65, 84], 4);
  chunk.set(pixels, 8);
  view.setUint32(8 + pixels.length, crc32(chunk.subarray(4, 8 + pixels.length)));
  return Uint8Array.from([...file.subarray(0, start), ...chunk, ...file.subarray(end)]);
}

Deno.test("readPngSamples() puts the pixels of interlaced files of every kind in their places", async () => {
  for (const [width, height] of [[1, 1], [2, 3], [4, 5], [5, 4], [9, 8], [17, 13]] as const) {
    for (const [channels, colours] of [[1, 0], [2, 0], [3, 0], [4, 0], [3, 2], [3, 4], [3, 16], [3, 100]] as const) {
      const value = (i: number) => colours === 0 ? (i * 89) % 256 : (Math.floor(i / 3) * 7 % colours) * 2;
      const data = Uint8Array.from({ length: width * height * channels }, (_, i) => value(i));
      const picture = sharp(data, { raw: { width, height, channels } });
      const bytes = await (channels < 3 ? picture.toColourspace("b-w") : picture)
        .png({ progressive: true, ...colours > 0 ? { palette: true, colours: Math.max(2, colours), dither: 0 } : {} })
        .toBuffer();
      assertEquals(bytes[28], 1); // interlaced
      const found = readPngSamples(bytes, "a.png"), { palette } = found;
      const samples = palette
        ? [...found.data].flatMap((index) => [...palette.subarray(3 * index, 3 * index + 3)])
        : found.data;
      assertEquals([...samples], [...data], `${width}×${height}, ${channels} channels, ${colours} colours`);
    }
  }
});
