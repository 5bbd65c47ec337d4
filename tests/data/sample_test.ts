import { groundTruthInstances, instanceScores, matchInstances } from "../../lib/evaluation/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { openDataset, random } from "../../lib/data/mod.ts";
import { encodePng } from "../../lib/files/png.ts";
import { colourBaseline, drawScene, fitColours, generateSample, SAMPLE_CLASSES } from "../../lib/data/sample/mod.ts";

const counts = { train: 4, val: 2, empty: 2 };

/** All files below a folder: path → hash. */
async function hashes(folder: string, prefix = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) Object.assign(found, await hashes(path, `${prefix}${entry.name}/`));
    else {
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
      found[prefix + entry.name] = new Uint8Array(digest).join();
    }
  }
  return found;
}

async function withSamples(seeds: number[], work: (...folders: string[]) => Promise<void>): Promise<void> {
  const folders = await Promise.all(seeds.map(() => Deno.makeTempDir()));
  try {
    for (const [i, seed] of seeds.entries()) await generateSample({ seed, out: folders[i]!, counts });
    await work(...folders);
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("generateSample() writes the same bytes for the same seed and other images for another", async () => {
  await withSamples([3, 3, 4], async (first, second, other) => {
    const a = await hashes(first!), b = await hashes(second!), c = await hashes(other!);
    assertEquals(a, b);
    assertEquals(Object.keys(a), Object.keys(c));
    for (const path of Object.keys(a).filter((path) => path.startsWith("JPEGImages/"))) {
      assert(a[path] !== c[path], path);
    }
    assertEquals(Object.keys(a).length, 8 * 4 + 3);
  });
});

Deno.test("generateSample() writes a data set that openDataset() opens, its labels and masks of one mind", async () => {
  await withSamples([0], async (root) => {
    const dataset = await openDataset({ root: root!, labels: null, classes: SAMPLE_CLASSES });
    assertEquals(dataset.list("train").length, 4);
    assertEquals(dataset.list("val").length, 2);
    assertEquals(dataset.list("train_classifier").length, 6);
    for (const id of [...dataset.list("train_classifier"), ...dataset.list("val")]) {
      const image = await dataset.readImage(id);
      assertEquals([image.width, image.height], [160, 160]);
      const classes = (await dataset.readClassMask(id))!.data, instances = (await dataset.readInstanceMask(id))!.data;
      const shown = new Set(classes);
      shown.delete(0);
      assertEquals(dataset.labels(id), [...shown].map((label) => label - 1).sort());
      const classOf = new Map<number, number>();
      instances.forEach((instance, i) => {
        assertEquals(classes[i]! > 0, instance > 0);
        assertEquals(classOf.get(instance) ?? classes[i], classes[i]);
        classOf.set(instance, classes[i]!);
      });
      assertEquals(shown.size === 0, id.startsWith("empty"));
      const xml = await Deno.readTextFile(`${root}/Annotations/${id}.xml`);
      assertEquals(xml.split("<object>").length - 1, new Set(instances).size - 1);
    }
  });
});

Deno.test("generateSample() refuses counts that are not whole", async () => {
  await assertRejects(
    () => generateSample({ seed: 0, out: "out", counts: { train: 1.5, val: 0, empty: 0 } }),
    RangeError,
    "train images but found 1.5",
  );
});

Deno.test("drawScene() shows one or two classes, one to three of each, each with the box of its pixels", () => {
  for (let i = 0; i < 30; i++) {
    const { objects, instanceMask } = drawScene(random(7, i), { empty: false });
    const perClass = [0, 1, 2, 3].map((c) => objects.filter(({ classIndex }) => classIndex === c).length);
    assert(Math.max(...perClass) <= 3, `scene ${i}`);
    assert([1, 2].includes(perClass.filter((n) => n > 0).length), `scene ${i}`);
    objects.forEach(({ box }, index) => {
      const pixels = [...instanceMask.data.keys()].filter((p) => instanceMask.data[p] === index + 1);
      const rows = pixels.map((p) => Math.floor(p / 160)), columns = pixels.map((p) => p % 160);
      assertEquals(box, {
        left: Math.min(...columns),
        top: Math.min(...rows),
        right: Math.max(...columns),
        bottom: Math.max(...rows),
      });
      assert(pixels.length > 500, `scene ${i}: ${pixels.length} pixels of instance ${index + 1}`);
    });
  }
});

Deno.test("drawScene() lets creatures of one kind touch in most scenes with several", () => {
  let several = 0, touching = 0;
  for (let i = 0; i < 40; i++) {
    const { objects, instanceMask: { data } } = drawScene(random(8, i), { empty: false });
    if (new Set(objects.map(({ classIndex }) => classIndex)).size === objects.length) continue;
    several++;
    const kin = (a: number, b: number) =>
      a > 0 && b > 0 && a !== b && objects[a - 1]!.classIndex === objects[b - 1]!.classIndex;
    if (data.some((id, p) => (p % 160 < 159 && kin(id, data[p + 1]!)) || (p < 159 * 160 && kin(id, data[p + 160]!)))) {
      touching++;
    }
  }
  assert(several > 20 && touching > several / 2, `${touching} of ${several}`);
});

Deno.test("colourBaseline() finds two flat discs by their colours, and one instance where two touch", () => {
  const width = 20, height = 10;
  const classMask = { width, height, data: new Uint8Array(200) };
  const image = { width, height, data: new Uint8Array(600).fill(128) };
  const paint = (x0: number, x1: number, id: number, colour: number[]) => {
    for (let y = 2; y < 8; y++) {
      for (let x = x0; x < x1; x++) {
        classMask.data[y * width + x] = id;
        image.data.set(colour, (y * width + x) * 3);
      }
    }
  };
  paint(1, 7, 1, [200, 30, 30]);
  paint(10, 14, 2, [30, 30, 200]);
  paint(14, 19, 2, [30, 30, 190]);
  const model = fitColours([{ image, classMask }], { classes: 2 });
  const found = colourBaseline(image, { model, labels: [0, 1] });
  assertEquals(found.map((detection) => detection.class), [1, 0]);
  assertEquals(found.map(({ score }) => score), [54 / 200, 36 / 200]);
  assertEquals(found[1]!.mask, classMask.data.map((id) => id === 1 ? 1 : 0));
  assertEquals(colourBaseline(image, { model, labels: [0] }).map((detection) => detection.class), [0]);
});

Deno.test("colourBaseline() cannot tell touching creatures apart: its AP50 stays below 70 %", () => {
  const scenes = (kind: string, n: number) =>
    Array.from({ length: n }, (_, i) => drawScene(random(0, kind, i), { empty: false }));
  const model = fitColours(scenes("train", 60), { classes: 4 });
  const matches = scenes("val", 60).map(({ image, classMask, instanceMask, objects }) => {
    const { width, height } = image;
    const labels = [...new Set(objects.map(({ classIndex }) => classIndex))];
    const found = colourBaseline(image, { model, labels });
    const mask = new Uint8Array(found.length * width * height);
    found.forEach((detection, n) => mask.set(detection.mask, n * width * height));
    const predicted = { width, height, score: found.map(({ score }) => score), class: found.map((d) => d.class), mask };
    return matchInstances(predicted, groundTruthInstances(instanceMask, classMask));
  });
  const [ap50] = instanceScores(matches, { classes: SAMPLE_CLASSES, ious: [0.5] }).means;
  assert(ap50! < 0.7, `${ap50}`);
});

Deno.test("the masks of a scene are PNGs of few kilobytes", () => {
  const { classMask } = drawScene(random(0, "size"), { empty: false });
  assert(encodePng(classMask).length < 4000);
});
