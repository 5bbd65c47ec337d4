import { parseCamArrays, parseGivenCams } from "../../lib/cam/cam_archive.ts";
import type { NumericArray } from "../../lib/files/array.ts";
import { decodeArrays, decodeNpz, encodeNpz } from "../../lib/files/npz.ts";
import { assert, assertEquals } from "../assert.ts";
import { COUNT, fuzz } from "./mutate.ts";

const golden = (file: string) => Deno.readFileSync(new URL(`../golden/${file}`, import.meta.url));

/** A part of an archive, a byte, or an array. */
const WHERE = /byte \d+|key \d+|keys|cam|high_res|size|scales|map_|\.npy|entr|as \S+ in|Expected arrays by name/;

Deno.test(`decodeNpz() stands ${COUNT} damaged files`, async () => {
  const arrays = (seed: number): Record<string, NumericArray> => ({
    keys: { shape: [2], data: Int32Array.of(seed, 7) },
    cam: { shape: [2, 3, 4], data: Float32Array.from({ length: 24 }, (_, i) => seed * i) },
    map_0: { shape: [1, 5], data: Uint8Array.of(1, 2, 3, 4, seed) },
  });
  const originals = [encodeNpz(arrays(1)), encodeNpz(arrays(2), { level: 6 }), golden("cam_arrays.npz")];
  const known = originals.map((bytes) => textOf(decodeNpz(bytes, "original")));
  const given = new Uint8Array(golden("cam_arrays.npz"));
  await fuzz([given], {
    file: "damaged.npz",
    where: WHERE,
    parse: (bytes, name) => parseGivenCams(decodeArrays(bytes, name), { name, height: 10, width: 15 }),
  });
  await fuzz(originals, {
    file: "damaged.npz",
    where: WHERE,
    parse: decodeNpz,
    // Archives have checksums: what is read is what was written.
    check: (found) => assert(known.includes(textOf(found)), "Expected the arrays that were written"),
  });
});

function textOf(arrays: Record<string, NumericArray>): string {
  return JSON.stringify(Object.entries(arrays).map(([name, { shape, data }]) => [name, shape, [...data]]));
}

Deno.test(`decodeArrays() stands ${COUNT} damaged .npy files with pickled dictionaries`, async () => {
  const { read } = await fuzz(["cam_tensors.npy", "cam_arrays.npy"].map(golden), {
    file: "damaged.npy",
    where: WHERE,
    parse: (bytes, file) => parseCamArrays(decodeArrays(bytes, file), file),
    check: (archive) => {
      assert("cam" in archive);
      for (const { data, height, width } of [archive.cam, archive.highRes]) {
        assertEquals(data.length, archive.keys.length * height * width);
      }
    },
    tokens: ["\x8a\xff", "cposix\nsystem\n", "R", "\x81", "b", "(", "t", "u", "\x94", "h\x01", "\x8e\xff\xff\xff\x7f"],
  });
  assert(read > 0, "Expected some of the damages to change values only");
});

Deno.test(`parseGivenCams() stands ${COUNT} damaged dictionaries of maps by class`, async () => {
  const { read } = await fuzz([golden("cam_classes.npy")], {
    file: "damaged.npy",
    where: WHERE,
    parse: (bytes, name) => parseGivenCams(decodeArrays(bytes, name), { name, height: 10, width: 15 }),
    check: (archive) => {
      assert("cam" in archive);
      assertEquals(archive.highRes.data.length, archive.keys.length * 150);
    },
    tokens: ["K\x07", "\x8c\x011", "cposix\nsystem\n", "R", "b", "(", "u", "\x94", "h\x01", "\x8c\x02U1"],
  });
  assert(read > 0, "Expected some of the damages to change values only");
});
