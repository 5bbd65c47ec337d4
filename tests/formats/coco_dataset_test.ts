import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  type CocoDataset,
  parseCocoDataset,
  parseCocoPredictions,
  readSegmentation,
  runsToMask,
} from "../../lib/formats/mod.ts";
import { fuzz } from "../fuzz/mutate.ts";

const good = {
  images: [{ id: 7, file_name: "a/cat.jpg", height: 2, width: 4 }, {
    id: "x",
    file_name: "b.png",
    height: 3,
    width: 3,
  }],
  categories: [{ id: 5, name: "dog" }, { id: 2, name: "cat" }],
  annotations: [
    { id: 1, image_id: 7, category_id: 5, iscrowd: 0, segmentation: { size: [2, 4], counts: "0140M0" }, score: 0.5 },
    { id: 2, image_id: 7, category_id: 2, iscrowd: 1, segmentation: { size: [2, 4], counts: [0, 8] } },
    { id: 3, image_id: "x", category_id: 2, segmentation: [[0, 0, 2, 0, 2, 2, 0, 2]] },
  ],
};

Deno.test("parseCocoDataset() sorts classes by id and annotations by image", () => {
  const { images, categories, annotations } = parseCocoDataset(JSON.stringify(good), "a.json");
  assertEquals([...images.values()].map(({ id, fileName, height }) => [id, fileName, height]), [
    [7, "a/cat.jpg", 2],
    ["x", "b.png", 3],
  ]);
  assertEquals(categories.map(({ name }) => name), ["cat", "dog"]);
  assertEquals(annotations.get(7)!.map(({ category, crowd, score }) => [category, crowd, score]), [
    [5, false, 0.5],
    [2, true, null],
  ]);
  assertEquals(annotations.get("x")!.length, 1);
});

/** A change of the good file, and what the message has to say besides its name. */
const mistakes: [change: (file: typeof good) => unknown, message: string][] = [
  [() => [], "Expected an object as the contents of a.json but found []"],
  [(file) => ({ ...file, images: 3 }), "Expected a list as images of a.json but found 3"],
  [(file) => ({ ...file, categories: undefined }), "Expected a list as categories of a.json but found nothing"],
  [
    (file) => set(file.images[1]!, { height: 0 }),
    "Expected a whole number of 1 to 65500 as images[1].height of a.json",
  ],
  [(file) => set(file.images[0]!, { height: 6e4, width: 6e4 }), "at most 100000000 pixels in images[0] of a.json"],
  [(file) => set(file.images[0]!, { file_name: 3 }), "Expected text as images[0].file_name of a.json but found 3"],
  [(file) => set(file.images[0]!, { id: "x" }), 'every image id once in a.json but found "x" twice'],
  [(file) => set(file.categories[0]!, { id: 2 }), "every category id once in a.json but found 2 twice"],
  [(file) => set(file.annotations[2]!, { id: 1 }), "every annotation id once in a.json but found 1 twice"],
  [(file) => set(file.annotations[2]!, { id: null }), "as annotations[2].id of a.json but found null"],
  [(file) => set(file.annotations[1]!, { iscrowd: 2 }), "Expected 0 or 1 as iscrowd of annotation 2 of a.json"],
  [(file) => set(file.annotations[1]!, { iscrowd: null }), "iscrowd of annotation 2 of a.json but found null"],
  [(file) => set(file.annotations[1]!, { area: "9" }), 'a number as area of annotation 2 of a.json but found "9"'],
  [(file) => set(file.annotations[1]!, { bbox: [1, 2] }), "height as bbox of annotation 2 of a.json but found [1,2]"],
  [(file) => set(file.annotations[1]!, { category_id: "2" }), 'category_id of annotation 2 of a.json but found "2"'],
  [(file) => set(file.annotations[0]!, { score: "0.5" }), 'as score of annotation 1 of a.json but found "0.5"'],
];

function set(target: object, values: object): undefined {
  Object.assign(target, values);
}

for (const [change, message] of mistakes) {
  Deno.test(`parseCocoDataset() refuses a file: ${message}`, () => {
    const file = structuredClone(good);
    const changed = change(file) ?? file;
    assertThrows(() => parseCocoDataset(JSON.stringify(changed), "a.json"), Error, message);
  });
}

Deno.test("parseCocoDataset() takes what COCO's tools take: odd names, crowds as booleans, strays, scores of no number", () => {
  const file = structuredClone(good), [first, second] = file.annotations;
  set(file.images[0]!, { file_name: undefined, coco_url: "http://x/train/1.jpg" });
  set(file.images[1]!, { file_name: null });
  set(file.categories[0]!, { name: "cat" });
  set(first!, { iscrowd: false, score: null, id: 0, area: 7.5 });
  set(second!, { iscrowd: true, image_id: 8 });
  set(file.annotations[2]!, { category_id: 9 });
  const text = JSON.stringify(file).replace(/"score":null/, '"score": NaN');
  const { images, categories, annotations, strays } = parseCocoDataset(text, "a.json");
  assertEquals([...images.values()].map(({ fileName }) => fileName), ["1.jpg", "x"]);
  assertEquals(categories.map(({ id, name }) => [id, name]), [[2, "cat"], [5, "cat"]]);
  assertEquals(strays.map(({ name, crowd }) => [name, crowd]), [
    ["annotation 2 of a.json", true],
    ["annotation 3 of a.json", false],
  ]);
  const [one] = annotations.get(7)!;
  assertEquals([one!.id, one!.crowd, one!.area, one!.box, one!.score], [0, false, 7.5, null, NaN]);
});

Deno.test("parseCocoPredictions() draws the box of a result without a segmentation", () => {
  const { annotations } = parseCocoPredictions('[{"image_id":1,"category_id":2,"bbox":[1,1,2,3],"score":1}]', "r.json");
  const { segmentation, box, id } = annotations.get(1)![0]!;
  assertEquals([segmentation, box, id], [[[1, 1, 1, 4, 3, 4, 3, 1]], [1, 1, 2, 3], 1]);
});

Deno.test("parseCocoPredictions() reads results, and data sets with or without scores", () => {
  const result = { image_id: 7, category_id: 5, segmentation: [[0, 0, 2, 0, 2, 2]], score: 0.25 };
  const results = parseCocoPredictions(JSON.stringify([result, { ...result, image_id: 8 }]), "r.json");
  assertEquals(results.dataset, null);
  assertEquals([...results.annotations.keys()], [7, 8]);
  assertEquals(parseCocoPredictions(JSON.stringify(good), "a.json").dataset!.images.size, 2);
  const { score: _, ...bare } = result;
  assertThrows(
    () => parseCocoPredictions(JSON.stringify([result, bare]), "r.json"),
    Error,
    "Expected a score in result 1 of r.json but found none",
  );
  assertThrows(() => parseCocoPredictions("[NaN]", "r.json"), Error, "Expected JSON in r.json");
});

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Reads a file to the last pixel. */
function readAll(bytes: Uint8Array, file: string): CocoDataset {
  const dataset = parseCocoDataset(new TextDecoder().decode(bytes), file);
  for (const { image, segmentation, name } of [...dataset.annotations.values()].flat()) {
    const { height, width } = dataset.images.get(image)!;
    const runs = readSegmentation(segmentation, { height, width, name });
    if (runs) assertEquals(runsToMask(runs).data.length, height * width);
  }
  return dataset;
}

/** As {@linkcode readAll}, of results. */
function readResults(bytes: Uint8Array, file: string): void {
  const { annotations } = parseCocoPredictions(new TextDecoder().decode(bytes), file);
  for (const { segmentation, name } of [...annotations.values()].flat()) {
    const runs = readSegmentation(segmentation, { height: 2, width: 4, name });
    if (runs) assertEquals(runsToMask(runs).data.length, 8);
  }
}

const options = { file: "coco.json", where: /JSON in|images?\b|categor|annotation|contents/, parse: readAll };

Deno.test("damaged COCO files are refused with the place", async () => {
  const tokens = Object.keys(good.annotations[0]!).map((key) => `"${key}":`);
  const { refused } = await fuzz([bytes(good)], { ...options, tokens });
  assert(refused > 0);
  const results = bytes(good.annotations.slice(0, 2).map((one) => ({ score: 1, bbox: [0, 0, 1, 1], ...one })));
  const ofResults = { ...options, where: /JSON in|result|contents/, tokens: [...tokens, '"bbox":'] };
  assert((await fuzz([results], { ...ofResults, parse: readResults })).refused > 0);
});

Deno.test("COCO files with strange values are refused with the place, or read to masks of the right size", () => {
  const strange = [null, true, -1, 0, 1, 2.5, 1e300, 7, 65_500, "", "x", "0140M0", [], {}, [[]], [0, 8], [2, 4]];
  let refused = 0, read = 0;
  for (const path of paths(good)) {
    for (const value of strange) {
      const file = structuredClone(good);
      const parent = path.slice(0, -1).reduce((inner, key) => inner[key] as Inner, file as unknown as Inner);
      parent[path.at(-1)!] = value;
      try {
        readAll(bytes(file), "coco.json");
        read++;
      } catch (error) {
        refused++;
        const { message } = error as Error;
        assert(message.includes("coco.json") && options.where.test(message), `${path} = ${value}: ${message}`);
      }
    }
  }
  assert(refused > 400 && read > 50, `${refused} refused, ${read} read`);
});

type Inner = Record<string, unknown>;

/** Keys to every value inside, also those that are objects and lists. */
function paths(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...paths(inner).map((rest) => [key, ...rest])]);
}
