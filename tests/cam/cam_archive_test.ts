import {
  camArrays,
  highResolutionCam,
  parseCamArrays,
  parseGivenCams,
  type ScaledCams,
  stridedCam,
} from "../../lib/cam/cam_archive.ts";
import { zipSync } from "fflate";
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

/** A `.npz` file of an array of this type, beside one of a text. */
function npzOf(descr: string, values: ArrayBufferView): Uint8Array {
  const npy = (type: string, bytes: Uint8Array) => {
    const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (1,), }\n`;
    return Uint8Array.from([
      ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0],
      ...[...header].map((character) => character.charCodeAt(0)),
      ...bytes,
    ]);
  };
  const text = npy("<U1", Uint8Array.of(97, 0, 0, 0));
  return zipSync({ "keys.npy": npy(descr, new Uint8Array(values.buffer)), "name.npy": text }, { level: 0 });
}

Deno.test("parseGivenCams() takes whole numbers of any width as keys, beside arrays that nobody asked for", () => {
  const maps = {
    cam: { shape: [1, 1, 1], data: Float32Array.of(0.5) },
    high_res: { shape: [1, 2, 2], data: new Float32Array(4) },
  };
  const types = {
    "|i1": Int8Array.of(7),
    "|u1": Uint8Array.of(7),
    "<i2": Int16Array.of(7),
    "<u2": Uint16Array.of(7),
    "<i4": Int32Array.of(7),
    "<u4": Uint32Array.of(7),
    "<i8": BigInt64Array.of(7n),
    "<u8": BigUint64Array.of(7n),
    "<f4": Float32Array.of(7),
  };
  for (const [descr, values] of Object.entries(types)) {
    const arrays = decodeArrays(npzOf(descr, values), "a.npz");
    Object.defineProperties(arrays, Object.getOwnPropertyDescriptors(maps));
    const archive = parseGivenCams(arrays, { name: "a.npz", height: 2, width: 2 });
    assertEquals([archive.keys, stridedCam(archive).data], [Int32Array.of(7), Float32Array.of(0.5)], descr);
  }
  const wide = decodeArrays(npzOf("<u8", BigUint64Array.of(2n ** 40n)), "a.npz");
  assertThrows(() => wide["keys"], Error, "Expected 32-bit integers as keys in a.npz but found 1099511627776");
  const text = decodeArrays(npzOf("<f4", Float32Array.of(7)), "a.npz");
  assertThrows(() => text["name"], Error, "Expected name in a.npz of type");
});

Deno.test("parseGivenCams() takes one map a class, and makes those at stride 4", async () => {
  const file = new URL("../golden/cam_classes.npy", import.meta.url), name = "cam_classes.npy";
  const given = decodeArrays(await Deno.readFile(file), name);
  const archive = parseGivenCams(given, { name, height: 10, width: 15 });
  assertEquals([...archive.keys], [3, 7]);
  const { data, height, width } = highResolutionCam(archive), strided = stridedCam(archive);
  assertEquals([height, width, strided.height, strided.width], [10, 15, 3, 4]);
  assertClose([data[0]!, data[299]!], [0.3941491, 0.429774], { absolute: 1e-6 }); // as in cam_arrays.npy
  assertThrows(() => parseGivenCams(given, { name, height: 15, width: 10 }), Error, "Expected 3 [15, 10] in");

  // Rows 0 to 7 resized to two lie at 1.5 and 5.5.
  const rows = Float32Array.from({ length: 64 }, (_, i) => Math.floor(i / 8) / 8);
  const ramp = parseGivenCams({ 0: { shape: [8, 8], data: rows } }, { name, height: 8, width: 8 });
  assertEquals(stridedCam(ramp), { data: Float32Array.of(1.5, 1.5, 5.5, 5.5).map((v) => v / 8), height: 2, width: 2 });
});

Deno.test("parseGivenCams() takes nothing, keys alone and empty maps of an image without any class", () => {
  const image = { name: "a.npy", height: 9, width: 20 }, none = { shape: [0], data: new Float32Array(0) };
  for (const arrays of [{}, { keys: none }, { keys: none, cam: none, high_res: { ...none, shape: [0, 1, 1] } }]) {
    const archive = parseGivenCams(arrays, image);
    assertEquals(highResolutionCam(archive), { data: new Float32Array(0), height: 9, width: 20 });
    assertEquals(stridedCam(archive), { data: new Float32Array(0), height: 3, width: 5 });
  }
  const one = { shape: [1], data: Int32Array.of(0) };
  assertThrows(() => parseGivenCams({ keys: one }, image), Error, "Expected cam [1, ?, ?] in a.npy but found none");
  assertThrows(() => parseGivenCams({ maps: one }, image), Error, "Expected keys [?] in a.npy but found none");
});

Deno.test("parseCamArrays() refuses maps outside 0 to 1, but for what rounding leaves", () => {
  const arrays = (cam: number, high: number) => ({
    keys: { shape: [1], data: Int32Array.of(0) },
    cam: { shape: [1, 1, 1], data: Float32Array.of(cam) },
    high_res: { shape: [1, 1, 2], data: Float32Array.of(0, high) },
  });
  for (const [cam, high] of [[0, 1], [1.0001, -1e-7]] as const) parseCamArrays(arrays(cam, high), "a.npz");
  const refuse = (cam: number, high: number, message: string) =>
    assertThrows(() => parseCamArrays(arrays(cam, high), "a.npz"), Error, message);
  refuse(255, 1, "Expected values of 0 to 1 as cam in a.npz but found 255 at 0");
  refuse(1, 1.5, "Expected values of 0 to 1 as high_res in a.npz but found 1.5 at 1");
  refuse(-0.5, 1, "Expected values of 0 to 1 as cam in a.npz but found -0.5 at 0");
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
