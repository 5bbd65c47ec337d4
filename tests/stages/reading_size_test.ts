import sharp from "sharp";
import { camSize, highResolutionCam, resizeCams, type ScaledCams, stridedCam } from "../../lib/cam/cam_archive.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { openDataset } from "../../lib/data/mod.ts";
import { decodeNpz, encodeNpz } from "../../lib/files/npz.ts";
import { decodePng } from "../../lib/files/png.ts";
import { contextOf } from "../../lib/run/session.ts";
import { Store } from "../../lib/run/store.ts";
import { cam, readCams } from "../../lib/stages/cam.ts";
import { instance, readInstances } from "../../lib/stages/instance.ts";
import { measure } from "../../lib/stages/measure.ts";
import { relation } from "../../lib/stages/relation.ts";
import { semantic } from "../../lib/stages/semantic.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assert, assertClose, assertEquals } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { noise } from "../noise.ts";

/** A picture of 160×80 pixels, dark at the left and light from column 60 on, with its ground truth, read at 40×20. */
async function context(root: string, { width = 160, height = 80 } = {}) {
  const data = new Uint8Array(3 * width * height), truth = new Uint8Array(width * height);
  noise(width * height, 1).forEach((value, i) => {
    const inside = i % width >= width * 3 / 8;
    data.fill((inside ? 200 : 40) + 6 * value, 3 * i, 3 * i + 3);
    truth[i] = Number(inside);
  });
  await Deno.mkdir(`${root}/JPEGImages`);
  await sharp(data, { raw: { width, height, channels: 3 } }).png().toFile(`${root}/JPEGImages/a.png`);
  for (const folder of ["SegmentationClass", "SegmentationObject"]) {
    await Deno.mkdir(`${root}/${folder}`);
    await Deno.writeFile(`${root}/${folder}/a.png`, encodePng({ width, height, data: truth }));
  }
  await Deno.writeTextFile(`${root}/labels.json`, '{"a": ["kite"]}');
  const lists = { trainList: "all", inferList: "all", instanceList: "all" };
  const base = loadConfig({ preset: "sample" });
  const data_ = { ...base.data, root, labels: null, classes: ["kite"], longSide: 40, ...lists };
  const config = { ...base, data: data_, cam: { ...base.cam, from: root }, walk: { ...base.walk, steps: 0 } };
  const dataset = await openDataset(config.data), workdir = `${root}/out`, files = new Store(workdir);
  const session = { config, dataset, workdir, quarantine: { ids: new Set() }, limit: Infinity } as never;
  return contextOf(session, { files });
}

Deno.test("stages see an image at its reading size, and make masks of its full size along its edges", async () => {
  await inFolder(async (root) => {
    const of = await context(root), { files, dataset } = of;
    assertEquals(await dataset.imageSize("a"), {
      full: { width: 160, height: 80 },
      reading: { width: 40, height: 20 },
    });
    assertEquals((await dataset.readImage("a")).width, 40);
    assertEquals((await dataset.readClassMask("a"))!.width, 160);
    const run = async (stage: typeof cam) => {
      const made = await (await stage.open(of)).process("a");
      for (const [file, bytes] of Object.entries(made)) {
        await new Store(`${root}/out`, { writer: stage.name }).write(stage.name, file, bytes);
      }
      return made;
    };
    // Maps of the full image, as another method would give them: they rise slowly across the edge.
    const ramp = (height: number, width: number) => ({
      shape: [1, height, width],
      data: Float32Array.from({ length: height * width }, (_, i) => 1 / (1 + Math.exp(9 - 24 * (i % width) / width))),
    });
    const keys = { shape: [1], data: Int32Array.of(0) };
    await Deno.writeFile(`${root}/a.npz`, encodeNpz({ keys, cam: ramp(20, 40), high_res: ramp(80, 160) }));
    await run(cam);
    const stored = await readCams(files, "a");
    assertEquals(camSize(stored), { width: 40, height: 20 });
    assertEquals([stridedCam(stored).height, stridedCam(stored).width], [5, 10]);

    const still = { shape: [5, 10], data: new Float32Array(50) };
    const field = { shape: [2, 5, 10], data: new Float32Array(100) };
    const maps = encodeNpz({ boundary: still, displacement: field });
    await new Store(`${root}/out`, { writer: "irnet" }).write("irnet", "a.npz", maps);
    const labels = decodePng((await run(relation))["a.png"]!, "a");
    assertEquals([labels.width, labels.height], [40, 20]);

    await run(instance);
    const found = await readInstances(files, "a", { size: { height: 80, width: 160 } });
    const truth = (await dataset.readClassMask("a"))!.data;
    const label = decodePng((await run(semantic))["a.png"]!, "a");
    assertEquals([label.width, label.height], [160, 80]);
    for (const mask of [found.mask, label.data]) {
      const wrong = mask.reduce((sum, inside, i) => sum + Number(inside !== truth[i % truth.length]), 0);
      assert(wrong < 0.02 * truth.length, `${wrong} pixels`);
    }
    const counts = JSON.parse(new TextDecoder().decode((await run(measure))["a.json"]!));
    assert(counts.instance.found[0].iou > 0.97 && counts.boundaryInstances.found[0].iou > 0.97);
    assertEquals(decodeNpz(await files.require("irnet", "a.npz"), "a")["boundary"]!.shape, [5, 10]);
  });
});

Deno.test("maps of other sizes: those of a copy twice as large lie between the values, which stay", () => {
  const keys = Int32Array.of(0), maps = [{ height: 2, width: 2, data: Float32Array.of(0, 1, 0, 1) }];
  const archive: ScaledCams = { keys, size: [32, 32], scales: Float32Array.of(1), maps };
  const own = highResolutionCam(archive), large = highResolutionCam(archive, { height: 64, width: 64 });
  assertEquals([large.height, large.width], [64, 64]);
  // Pixel i of the image is the mean of pixels 2i and 2i + 1 of the copy.
  const means = Float32Array.from({ length: 32 }, (_, x) => (large.data[2 * x]! + large.data[2 * x + 1]!) / 2);
  assertClose(means, own.data.subarray(0, 32), { absolute: 1e-6 });
  assertEquals(resizeCams(archive, { height: 32, width: 32 }), archive);
  const half = resizeCams(archive, { height: 15, width: 16 });
  assertEquals([camSize(half), stridedCam(half).height], [{ height: 15, width: 16 }, 4]);
});
