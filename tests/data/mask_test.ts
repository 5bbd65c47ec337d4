import { crc32, deflateSync } from "node:zlib";
import { openDataset } from "../../lib/data/mod.ts";
import { decodeMask } from "../../lib/data/_mask.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

/** A PNG file of one row of pixels with these samples: colour type 0 grey, 2 RGB, 4 grey and alpha, 6 RGB and alpha. */
function png(type: 0 | 2 | 4 | 6, pixels: readonly (readonly number[])[], bits: 8 | 16 = 8): Uint8Array {
  const row = pixels.flat().flatMap((value) => bits === 8 ? [value] : [value >> 8, value & 255]);
  const part = (name: string, body: Uint8Array) => {
    const named = Uint8Array.from([...new TextEncoder().encode(name), ...body]),
      ends = new DataView(new ArrayBuffer(8));
    ends.setUint32(0, body.length);
    ends.setUint32(4, crc32(named));
    return [...new Uint8Array(ends.buffer, 0, 4), ...named, ...new Uint8Array(ends.buffer, 4)];
  };
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...part("IHDR", Uint8Array.of(0, 0, 0, pixels.length, 0, 0, 0, 1, bits, type, 0, 0, 0)),
    ...part("IDAT", deflateSync(Uint8Array.from([0, ...row]))),
    ...part("IEND", new Uint8Array(0)),
  ]);
}

const BLACK = [0, 0, 0], AEROPLANE = [128, 0, 0], BICYCLE = [0, 128, 0], CAT = [64, 0, 0], VOID = [224, 224, 192];
const ids = (bytes: Uint8Array) => [...decodeMask(bytes, "a.png").data];

Deno.test("decodeMask() reads VOC's colours, of 8 and 16 bits, with and without transparency", () => {
  const colours = [BLACK, AEROPLANE, BICYCLE, CAT, VOID];
  assertEquals(ids(png(2, colours)), [0, 1, 2, 8, 255]);
  assertEquals(ids(png(6, colours.map((colour, i) => [...colour, i * 60]))), [0, 1, 2, 8, 255]);
  assertEquals(ids(png(2, colours.map((colour) => colour.map((value) => value * 257)), 16)), [0, 1, 2, 8, 255]);
});

Deno.test("decodeMask() reads grey levels as ids, in whatever kind of file", () => {
  assertEquals(ids(png(0, [[0], [8], [255]])), [0, 8, 255]);
  assertEquals(ids(png(0, [[0], [8], [255]], 16)), [0, 8, 255]);
  assertEquals(ids(png(4, [[0, 255], [8, 255], [255, 0]])), [0, 8, 255]);
  assertEquals(ids(png(2, [[0, 0, 0], [8, 8, 8], [255, 255, 255]])), [0, 8, 255]);
});

Deno.test("decodeMask() names colours and levels that are no ids", () => {
  const refuse = (bytes: Uint8Array, message: string) => assertThrows(() => decodeMask(bytes, "a.png"), Error, message);
  refuse(
    png(2, [BLACK, [255, 0, 0], [255, 0, 0], [0, 255, 0]]),
    "VOC's colours in a.png but found (255, 0, 0), (0, 255, 0)",
  );
  refuse(png(2, Array.from({ length: 9 }, (_, i) => [i, 1, 2])), "(4, 1, 2) and 4 more");
  refuse(png(0, [[0], [65535]], 16), "Expected ids 0…255 in a.png but found 65535");
  refuse(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), "Expected a.png to be a PNG file but found a JPEG image");
});

Deno.test("decodeMask() goes by the colours of a palette where all are VOC's, else by the indices", () => {
  const indexed = (palette: number[][], ...data: number[]) =>
    decodeMask(
      encodePng({ width: data.length, height: 1, data: Uint8Array.from(data) }, {
        palette: Uint8Array.from(palette.flat()),
      }),
      "a.png",
    );
  const permuted = indexed([BLACK, CAT, VOID], 0, 1, 2, 1);
  assertEquals([[...permuted.data], [...permuted.indices!]], [[0, 8, 255, 8], [0, 1, 2, 1]]);
  assertEquals(indexed([[255, 0, 255], [0, 255, 0], CAT], 0, 1, 2), {
    width: 3,
    height: 1,
    data: Uint8Array.of(0, 1, 2),
    indices: null,
  });
  assertEquals(indexed([BLACK, AEROPLANE, CAT], 0, 1, 0).indices, null, "as VOC has them, as far as they occur");
});

Deno.test("Dataset reads masks by the indices where the labels agree with these alone, and those called .PNG", async () => {
  await inFolder(async (root) => {
    const write = (name: string, bytes: Uint8Array) => Deno.writeFile(`${root}/${name}`, bytes);
    const map = { width: 3, height: 1, data: Uint8Array.of(0, 1, 1) };
    for (const id of ["a", "b", "c"]) await write(`${id}.png`, encodePng(map));
    await Deno.mkdir(`${root}/SegmentationClass`);
    const permuted = encodePng(map, { palette: Uint8Array.from([...BLACK, ...BICYCLE]) });
    await write("SegmentationClass/a.PNG", permuted);
    await write("SegmentationClass/b.png", permuted);
    await write("SegmentationClass/c.png", png(2, [BLACK, CAT, CAT]));
    await Deno.writeTextFile(`${root}/labels.json`, '{"a": ["kite"], "b": ["truck"], "c": ["kite"]}');
    const dataset = await openDataset({ root, labels: null, classes: ["kite", "truck"] });
    assertEquals([...(await dataset.readClassMask("a"))!.data], [0, 1, 1]);
    assertEquals([...(await dataset.readClassMask("b"))!.data], [0, 2, 2]);
    assertEquals(dataset.maskPaths("a"), [`${root}/SegmentationClass/a.PNG`, `${root}/SegmentationObject/a.png`]);
    await assertRejects(() => dataset.readClassMask("c"), Error, "Expected class ids 0…2, and 255 for void, in");
  });
});
