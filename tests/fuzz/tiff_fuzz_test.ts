import { readImage } from "../../lib/data/mod.ts";
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
