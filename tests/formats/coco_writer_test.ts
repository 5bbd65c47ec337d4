import { assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import {
  type CocoEntry,
  cocoRecords,
  imageNumbers,
  parseCocoDataset,
  readSegmentation,
  runsToMask,
  vocLabels,
  writeCocoDataset,
  writeCocoResults,
} from "../../lib/formats/mod.ts";

const size = { height: 2, width: 3 };
const two = { ...size, class: [1, 0], score: [0.5, 0.75], mask: Uint8Array.of(0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1) };
const none = { ...size, class: [], score: [], mask: new Uint8Array(0) };
const entries: CocoEntry[] = [
  { id: 3, fileName: "a.png", instances: two },
  { id: 4, fileName: "b.png", instances: none },
  { id: 9, fileName: "c.png", instances: { ...two, score: [0.25, 1] } },
];

async function* each(list: readonly CocoEntry[]): AsyncGenerator<CocoEntry> {
  yield* list;
}

Deno.test("cocoRecords() gives area and box, and leaves out empty masks", () => {
  const record = (n: number) => cocoRecords(entries[0]!)[n]!;
  assertEquals([record(0).category_id, record(0).area, record(0).bbox, record(0).score], [2, 2, [1, 0, 2, 1], 0.5]);
  assertEquals([record(1).category_id, record(1).area, record(1).bbox, record(1).score], [1, 2, [2, 0, 1, 2], 0.75]);
  const empty = { ...size, class: [0, 1], mask: Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0) };
  assertEquals(cocoRecords({ id: 1, fileName: "", instances: empty }).map(({ category_id }) => category_id), [2]);
  assertThrows(
    () => cocoRecords({ id: 1, fileName: "", instances: { ...two, height: 3 } }),
    RangeError,
    "Expected masks of 2×3×3 values but found 12",
  );
});

Deno.test("writeCocoDataset() numbers annotations from 1 and keeps images without any", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/new/instances.json`;
    const options = { classes: ["cat", "dog"], description: "Test" };
    assertEquals(await writeCocoDataset(path, each(entries), options), { images: 3, annotations: 4 });
    const json = JSON.parse(await Deno.readTextFile(path));
    assertEquals(json.annotations.map(({ id }: { id: number }) => id), [1, 2, 3, 4]);
    assertEquals(json.annotations.every(({ iscrowd }: { iscrowd: number }) => iscrowd === 0), true);
    assertEquals(json.categories[1], { id: 2, name: "dog", supercategory: "object" });
    assertEquals(json.images[1], { id: 4, file_name: "b.png", width: 3, height: 2 });
    const { annotations } = parseCocoDataset(JSON.stringify(json), path);
    const masks = annotations.get(3)!.map((
      { segmentation },
    ) => [...runsToMask(readSegmentation(segmentation, { ...size, name: "x" })!).data]);
    assertEquals(masks.flat(), [...two.mask]);

    await writeCocoDataset(path, each([]), options);
    assertEquals(parseCocoDataset(await Deno.readTextFile(path), path).images.size, 0);
  });
});

Deno.test("writeCocoResults() writes what pycocotools' loadRes takes", async () => {
  await inFolder(async (folder) => {
    await writeCocoResults(`${folder}/results.json`, each(entries));
    const json = JSON.parse(await Deno.readTextFile(`${folder}/results.json`));
    assertEquals(json.length, 4);
    assertEquals(Object.keys(json[0]), ["image_id", "category_id", "segmentation", "bbox", "score"]);
  });
});

Deno.test("writeCocoDataset() leaves the file as it was where an image fails", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await Deno.writeTextFile(path, "before");
    const failing = async function* () {
      yield entries[0]!;
      await Promise.resolve();
      throw new Error("no luck");
    };
    await assertRejects(
      () => writeCocoDataset(path, failing(), { classes: ["a", "b"], description: "" }),
      Error,
      "luck",
    );
    assertEquals(await Deno.readTextFile(path), "before");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("imageNumbers() takes the digits of ids like VOC's, else places", () => {
  assertEquals(imageNumbers(["2007_000033", "2007_000042"]), [2007000033, 2007000042]);
  assertEquals(imageNumbers(["12", "7"]), [12, 7]);
  assertEquals(imageNumbers(["1", "01"]), [1, 2]); // the same digits
  assertEquals(imageNumbers(["0", "5"]), [1, 2]); // 0 is no number that all programs take
  assertEquals(imageNumbers(["12345678901234567890", "3"]), [1, 2]);
  assertEquals(imageNumbers(["cat", "2007_000033"]), [1, 2]);
});

Deno.test("vocLabels() puts the higher score on top, the earlier one on ties", () => {
  const line = { height: 1, width: 4 };
  const mask = Uint8Array.of(1, 1, 0, 0, /**/ 0, 1, 1, 0);
  const labels = (score: number[]) => vocLabels({ ...line, class: [7, 2], score, mask });
  assertEquals([...labels([0.5, 0.9]).classes.data], [8, 3, 3, 0]);
  assertEquals([...labels([0.5, 0.9]).objects.data], [2, 1, 1, 0]);
  assertEquals([...labels([0.5, 0.5]).classes.data], [8, 8, 3, 0]);
});

Deno.test("vocLabels() counts instances that are hidden, and those beyond 254", () => {
  const hidden = { height: 1, width: 2, class: [0, 1, 2], score: [1, 0.5, 0.7], mask: Uint8Array.of(1, 1, 1, 0, 0, 1) };
  assertEquals(vocLabels(hidden).lost, 2);
  assertEquals([...vocLabels(hidden).objects.data], [1, 1]);
  const count = 300, mask = new Uint8Array(count * count);
  for (let n = 0; n < count; n++) mask[n * count + n] = 1;
  const many = vocLabels({ height: 1, width: count, class: new Int32Array(count), mask });
  assertEquals([many.lost, Math.max(...many.objects.data)], [46, 254]);
  assertThrows(
    () => vocLabels({ height: 1, width: 1, class: [254], mask: Uint8Array.of(1) }),
    RangeError,
    "Expected classes 0…253 but found 254",
  );
});
