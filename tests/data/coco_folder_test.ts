import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { drawCoco, openDataset, prepareCoco } from "../../lib/data/mod.ts";
import { maskToRuns, readCocoDataset } from "../../lib/formats/mod.ts";
import { makeTwelve, SIZE } from "./twelve_images.ts";

const row = (...inside: number[]) => maskToRuns({ width: 6, height: 1, data: Uint8Array.from(inside) });

Deno.test("drawCoco() puts later annotations on earlier ones; crowds are background, or void below all", () => {
  const instances = [
    { runs: row(1, 1, 1, 0, 0, 0), class: 0, crowd: false },
    { runs: row(0, 0, 1, 1, 0, 0), class: 4, crowd: false },
    { runs: row(0, 1, 1, 1, 1, 0), class: 0, crowd: true },
  ];
  const drawn = (crowd: "background" | "ignore", order = [0, 1, 2]) => {
    const { classes, objects } = drawCoco(order.map((n) => instances[n]!), { width: 6, height: 1, crowd });
    return [[...classes.data], [...objects.data]];
  };
  assertEquals(drawn("background"), [[1, 1, 5, 5, 0, 0], [1, 1, 2, 2, 0, 0]]);
  assertEquals(drawn("ignore"), [[1, 1, 5, 5, 255, 0], [1, 1, 2, 2, 255, 0]]);
  assertEquals(drawn("ignore", [2, 1, 0]), [[1, 1, 1, 5, 255, 0], [2, 2, 2, 1, 255, 0]]);
  const many = Array.from({ length: 255 }, () => instances[0]!);
  assertThrows(() => drawCoco(many, { width: 6, height: 1, crowd: "ignore" }), RangeError, "found 255 and 1");
});

const splits = ["train2014", "val2014"];

Deno.test("prepareCoco() makes a data set of COCO's folder that keeps its numbers", () =>
  inFolder(async (folder) => {
    const root = `${folder}/COCO`;
    await makeTwelve(root);
    const found = await prepareCoco(root, { splits, crowd: "background" });
    assertEquals([found.classes, found.bare, found.crowds], [["stop sign", "dog", "toothbrush"], 1, 1]);

    const dataset = await openDataset({ root, labels: null, classes: found.classes });
    const train = dataset.list("train2014");
    assertEquals(train.length, 8);
    assertEquals(train.slice(6), ["grey", "train2014__same"]);
    assertEquals(dataset.list("val2014").at(-1), "val2014__same");
    assertEquals(train.map((id) => dataset.labels(id)), [[0], [1], [0, 1], [0, 1], [], [0, 1], [2], [2]]);
    assertEquals(dataset.coco!.categories, [13, 18, 90]);
    assertEquals([dataset.coco!.images.get("train2014__same")!.id, dataset.coco!.images.get("val2014__same")!.id], [
      581921,
      73,
    ]);
    assertEquals((await dataset.readImage("grey")).data.length, 3 * SIZE.width * SIZE.height);

    const pixels = async (id: string, x: number, y: number) => {
      const at = y * SIZE.width + x;
      return [(await dataset.readClassMask(id))!.data[at], (await dataset.readInstanceMask(id))!.data[at]];
    };
    const [over, under, crowd] = ["30", "34", "61"].map((end) => train.find((id) => id.endsWith(end))!);
    assertEquals(await pixels(over!, 20, 12), [2, 2]); // the later annotation
    assertEquals(await pixels(under!, 20, 12), [1, 2]);
    assertEquals(await pixels(crowd!, 2, 2), [0, 0]);
    assertEquals(await pixels(crowd!, 10, 10), [1, 1]);
    assertEquals(new Set((await dataset.readClassMask(train[4]!))!.data), new Set([0]));

    // Again: what is there stays, what is gone is made.
    const mask = `${root}/SegmentationClass/${over}.png`, before = await Deno.readFile(mask);
    const { mtime } = await Deno.stat(`${root}/SegmentationClass/${under}.png`);
    await Deno.remove(mask);
    await prepareCoco(root, { splits, crowd: "background" });
    assertEquals(await Deno.readFile(mask), before);
    assertEquals((await Deno.stat(`${root}/SegmentationClass/${under}.png`)).mtime, mtime);
    await assertRejects(() => prepareCoco(root, { splits, crowd: "ignore" }), Error, "found those of another choice");

    for (const name of ["SegmentationClass", "SegmentationObject"]) {
      await Deno.remove(`${root}/${name}`, { recursive: true });
    }
    await prepareCoco(root, { splits, crowd: "ignore" });
    assertEquals(await pixels(crowd!, 2, 2), [255, 255]);
    assertEquals(await pixels(crowd!, 10, 10), [1, 1]);
  }));

Deno.test("prepareCoco() names an image that is missing, and masks of others", () =>
  inFolder(async (root) => {
    await makeTwelve(root);
    await Deno.mkdir(`${root}/SegmentationClass`);
    await assertRejects(() => prepareCoco(root, { splits, crowd: "ignore" }), Error, "found others; remove it");
    await Deno.remove(`${root}/SegmentationClass`);
    await Deno.remove(`${root}/val2014/COCO_val2014_000000000074.jpg`);
    const message = "Expected the image COCO_val2014_000000000074.jpg of";
    await assertRejects(() => prepareCoco(root, { splits, crowd: "ignore" }), Error, message);
  }));

Deno.test("readCocoDataset() leaves segmentations on the disk until they are looked at", () =>
  inFolder(async (root) => {
    await makeTwelve(root);
    const path = `${root}/annotations/instances_train2014.json`, { annotations, categories } = readCocoDataset(path);
    assertEquals(categories.map(({ id }) => id), [13, 18, 90]);
    const [one] = annotations.get(9)!;
    assertEquals(one!.segmentation, [[4, 4, 20, 4, 20, 20, 4, 20]]);
    await Deno.remove(path);
    let message = "";
    try {
      one!.segmentation;
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.includes(path), message);
  }));
