import {
  camArrays,
  highResolutionCam,
  parseCamArrays,
  type ScaledCams,
  stridedCam,
} from "../../lib/cam/cam_archive.ts";
import { decodeArrays } from "../../lib/files/npz.ts";
import { assertClose, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

/** The golden's maps of its image's classes, as the CAM stage stores them. */
async function goldenArchive() {
  const golden = await readGolden("g16_make_cam");
  const keys = golden.i32("keys");
  const sizes = golden.params.scaled_sizes as [number, number][];
  const maps = sizes.map((_, i) => {
    const [, height, width] = golden.shape(`out${i}`) as [number, number, number];
    const data = golden.f32(`out${i}`), area = height * width;
    return {
      data: Float32Array.from([...keys].flatMap((k) => [...data.slice(k * area, (k + 1) * area)])),
      height,
      width,
    };
  });
  const [height, width] = golden.shape("high_res").slice(1) as [number, number];
  const scales = Float32Array.from(sizes, ([scaled]) => Math.round(4 * scaled / height) / 4);
  const archive: ScaledCams = { keys, size: [height, width], scales, maps };
  return { golden, archive };
}

Deno.test("stridedCam() and highResolutionCam() equal the reference's multi-scale fusion", async () => {
  const { golden, archive } = await goldenArchive();
  const strided = stridedCam(archive), full = highResolutionCam(archive);
  assertEquals([archive.keys.length, strided.height, strided.width], golden.shape("cam"));
  assertEquals([archive.keys.length, full.height, full.width], golden.shape("high_res"));
  assertClose(strided.data, golden.f32("cam"), { absolute: 1e-6, name: "cam" });
  assertClose(full.data, golden.f32("high_res"), { absolute: 1e-6, name: "high_res" });
});

Deno.test("highResolutionCam() pads to the stride that the maps were made with", () => {
  const archive = (side: number): ScaledCams => ({
    keys: Int32Array.of(0),
    size: [24, 24],
    scales: Float32Array.of(1),
    maps: [{ data: Float32Array.from({ length: side * side }, (_, i) => i % side), height: side, width: side }],
  });
  // Stride 8: three columns 0 1 2 over 24 pixels, centred at 4, 12 and 20. Stride 16: two columns over 32, cut at 24, where the
  // greatest is 15.5/16.
  const row = (side: number) => highResolutionCam(archive(side)).data.slice(0, 24);
  assertClose(row(3), Array.from({ length: 24 }, (_, x) => Math.min(2, Math.max(0, (x - 3.5) / 8)) / 2), {
    absolute: 1e-5,
  });
  assertClose(row(2), Array.from({ length: 24 }, (_, x) => Math.min(1, Math.max(0, (x - 7.5) / 15.5))), {
    absolute: 2e-5,
  });
});

Deno.test("highResolutionCam() says which sizes fit no stride", async () => {
  const { archive } = await goldenArchive();
  const wrong = { ...archive, maps: archive.maps.map((map) => ({ ...map, height: map.height + 1000 })) };
  assertThrows(() => highResolutionCam(wrong), RangeError, `Expected maps of a ${archive.size.join("×")} image`);
});

Deno.test("archives pass through their arrays unchanged", async () => {
  const { archive } = await goldenArchive();
  assertEquals(Object.keys(camArrays(archive)), ["keys", "size", "scales", ...archive.maps.map((_, i) => `map_${i}`)]);
  assertEquals(parseCamArrays(camArrays(archive), "a.npz"), archive);
  const stored = { keys: archive.keys, cam: stridedCam(archive), highRes: highResolutionCam(archive) };
  assertEquals(parseCamArrays(camArrays(stored), "a.npz"), stored);
  assertEquals(stridedCam(stored), stored.cam);
  assertEquals(highResolutionCam(stored), stored.highRes);
});

Deno.test("an archive without classes gives empty maps", () => {
  const empty = { data: new Float32Array(0), height: 2, width: 2 };
  const archive: ScaledCams = { keys: new Int32Array(0), size: [20, 30], scales: Float32Array.of(1), maps: [empty] };
  assertEquals(stridedCam(archive), { data: new Float32Array(0), height: 5, width: 8 });
  assertEquals(highResolutionCam(archive), { data: new Float32Array(0), height: 20, width: 30 });
});

Deno.test("parseCamArrays() says which keys, sizes and values cannot be", async () => {
  const { archive } = await goldenArchive();
  const arrays = camArrays(archive);
  const refuse = (changed: typeof arrays, message: string) =>
    assertThrows(() => parseCamArrays({ ...arrays, ...changed }, "a.npz"), Error, message);
  const keys = (...values: number[]) => ({ keys: { shape: [values.length], data: Float32Array.from(values) } });
  refuse(keys(3, 2), "Expected keys of a.npz whole, from 0, ascending but found 2 at 1");
  refuse(keys(2, 2), "ascending but found 2 at 1");
  refuse(keys(-1, 2), "ascending but found -1 at 0");
  refuse(keys(0.5), "ascending but found 0.5 at 0");
  refuse(
    { size: { shape: [2], data: Int32Array.of(0, 5) } },
    "Expected rows and columns as size in a.npz but found 0×5",
  );
  const { shape } = arrays["map_1"]!, bad = Float32Array.from(arrays["map_1"]!.data);
  bad[3] = NaN;
  refuse({ map_1: { shape, data: bad } }, "Expected numbers as map_1 in a.npz but found NaN at 3");
});

for (const file of ["cam_tensors.npy", "cam_arrays.npy", "cam_arrays.npz"]) {
  Deno.test(`parseCamArrays() takes the maps that other methods store: ${file}`, async () => {
    const archive = parseCamArrays(
      decodeArrays(await Deno.readFile(new URL(`../golden/${file}`, import.meta.url)), file),
      file,
    );
    assertEquals([...archive.keys], [3, 7]);
    const { data, height, width } = highResolutionCam(archive), strided = stridedCam(archive);
    assertEquals([height, width, strided.height, strided.width], [10, 15, 3, 4]);
    // The first and last of the file's values, as NumPy prints them.
    assertClose([strided.data[0]!, strided.data[23]!, data[0]!, data[299]!], [
      0.8506242,
      0.0027385,
      0.3941491,
      0.429774,
    ], {
      absolute: 1e-6,
    });
  });
}

Deno.test("parseCamArrays() names file and array that are wrong", async () => {
  const { archive } = await goldenArchive();
  const { map_1: _, ...arrays } = camArrays(archive);
  const message = `Expected map_1 [${archive.keys.length}, ?, ?] in a.npz but found none`;
  assertThrows(() => parseCamArrays(arrays, "a.npz"), Error, message);
  const maps = { shape: [2, 3, 3], data: new Float32Array(18) };
  const stored = { keys: { shape: [2], data: Int32Array.of(1, 2) }, cam: maps, high_res: maps };
  assertThrows(() => parseCamArrays(stored, "b.npz"), Error, "Expected cam at a quarter of high_res 3×3 in b.npz");
});
