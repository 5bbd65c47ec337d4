import sharp from "sharp";
import { decodeMask } from "../../lib/data/_mask.ts";
import { readImage, vocPalette } from "../../lib/data/mod.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assertEquals } from "../assert.ts";
import { tiffOf } from "../data/tiff.ts";
import { inFolder } from "../in_folder.ts";
import { COUNT, fuzz } from "./mutate.ts";

Deno.test(`readImage() stands ${COUNT} damaged TIFF files of bands, fractions and inks`, async () => {
  const samples = Float32Array.from({ length: 96 }, (_, i) => i / 96);
  const size = { width: 8, height: 4 };
  const originals = [
    tiffOf(samples, { ...size, photometric: 2 }),
    tiffOf(Uint8Array.from({ length: 128 }, (_, i) => i), { ...size, photometric: 2, extra: [0] }),
    tiffOf(Uint16Array.from({ length: 160 }, (_, i) => 400 * i), { ...size, photometric: 5, extra: [2] }),
  ];
  await inFolder(async (folder) => {
    await fuzz(originals, {
      file: `${folder}/a.tif`,
      where: /Expected a readable image in \S+ but found: ./,
      parse: async (bytes, path) => {
        await Deno.writeFile(path, bytes);
        return await readImage(path);
      },
      check: ({ width, height, data }) => assertEquals(data.length, 3 * width * height),
    });
  });
});

Deno.test(`decodeMask() stands ${COUNT} damaged masks of ids and of VOC's colours`, async () => {
  const data = Uint8Array.from({ length: 12 }, (_, i) => i % 3), map = { width: 4, height: 3, data };
  const colours = [...data].flatMap((id) => [...vocPalette().subarray(3 * id, 3 * id + 3)]);
  const rgb = sharp(Uint8Array.from(colours), { raw: { width: 4, height: 3, channels: 3 } });
  const originals = [
    encodePng(map),
    encodePng(map, { palette: vocPalette().slice(0, 9).reverse() }),
    new Uint8Array(await rgb.png().toBuffer()),
  ];
  await fuzz(originals, {
    file: "a.png",
    where: /byte \d+|chunk|PNG|header|pixels|colours|ids|palette|bits|filter|rows/,
    parse: decodeMask,
    check: ({ width, height, data }) => assertEquals(data.length, width * height),
  });
});
