import { assert, assertEquals } from "../assert.ts";
import { labelsIn, type LabelsInOptions } from "./labels_in.ts";

const expected = { a: ["cat"], b: ["dog"], c: ["cat", "dog"], d: [] };
const images = ["a", "b", "c", "d"].map((id, n) => ({ id: 10 * n, file_name: `${id}.jpg` }));
const categories = [{ id: 18, name: "dog" }, { id: 3, name: "cat" }, { id: 90, name: "unused" }];
const annotations = [[0, 3], [10, 18], [20, 18], [20, 3], [20, 3]]
  .map(([image_id, category_id], id) => ({ id, image_id, category_id, bbox: [1, 1, 5, 5], iscrowd: id % 2 }));
const coco = { images, categories, annotations };

const read: Record<string, [content: unknown, options?: LabelsInOptions]> = {
  "a list of files beside numbers": [[
    { id: 1, file_name: "x/a.jpg", label: "cat" },
    { id: 2, file_name: "x/b.jpg", label: "dog", category: 7 },
    { id: 3, file_name: "x/c.jpg", label: ["cat", "dog"] },
    { id: 4, file_name: "x/d.jpg", label: [] },
  ]],
  "choices of Label Studio": [[
    { id: 1, image: "/data/upload/1/a.jpg", choice: "cat" },
    { id: 2, image: "/data/upload/1/b.jpg", choice: "dog" },
    { id: 3, image: "/data/upload/1/c.jpg", choice: ["cat", "dog"] },
    { id: 4, image: "/data/upload/1/d.jpg", choice: [] },
  ]],
  "a key that is told": [
    Object.entries(expected).map(([id, kinds]) => ({ id, label: "animal", kinds })),
    { column: "kinds" },
  ],
  "a file of COCO": [coco],
  "COCO's ids as text, and no file names": [{
    images: images.map(({ id, file_name }) => ({ id: String(id), coco_url: `http://x.org/${file_name}` })),
    categories,
    annotations: annotations.map((one) => ({ ...one, image_id: String(one.image_id) })),
  }],
  "two categories of one name": [{
    images,
    categories: [{ id: 0, name: "cat" }, ...categories],
    annotations,
  }],
};
for (const [kind, [content, options]] of Object.entries(read)) {
  Deno.test(`JSON of ${kind} is read`, async () => {
    assertEquals(await labelsIn({ "labels.json": JSON.stringify(content) }, options), expected);
  });
}

Deno.test("JSON in lines is read", async () => {
  const content = Object.entries(expected).map(([id, labels]) => JSON.stringify({ file_name: `${id}.jpg`, labels }));
  assertEquals(await labelsIn({ "metadata.jsonl": content.join("\n") }), expected);
  const found = await labelsIn({ "metadata.jsonl": `${content[0]}\n{` });
  assert(String(found).startsWith("Expected JSON in line 2 of */metadata.jsonl"), String(found));
});

Deno.test("JSON in UTF-16 with its mark is read", async () => {
  const units = Uint16Array.from(`\ufeff${JSON.stringify(expected)}`, (letter) => letter.charCodeAt(0));
  assertEquals(await labelsIn({ "labels.json": new Uint8Array(units.buffer) }), expected);
  const bare = new Uint8Array(units.buffer, 2);
  assert(String(await labelsIn({ "labels.json": bare })).includes("UTF-16LE without a byte order mark"));
});

Deno.test("names and keys match whether their Unicode is composed or not", async () => {
  const content = JSON.stringify({ "e\u0301": ["cafe\u0301"], "o\u0308.jpg": ["caf\u00e9"] });
  const images = ["\u00e9.jpg", "o\u0308.jpg"];
  assertEquals(await labelsIn({ "labels.json": content }, { images, classes: ["cafe\u0301"] }), {
    "\u00e9": ["caf\u00e9"],
    "o\u0308": ["caf\u00e9"],
  });
});

const refused: Record<string, [content: unknown, message: string]> = {
  "one-hot lists": [{ a: [1, 0] }, "Expected class names of a in */labels.json but found [1,0]"],
  "numbers": [{ a: 3 }, "Expected class names of a in */labels.json but found 3"],
  "scores": [{ a: { cat: 0.9 } }, "Expected class names of a in"],
  "two keys of names": [
    [{ id: "a", label: "cat", category: "animal" }],
    "Expected one key of class names in entry 0 of */labels.json but found label, category",
  ],
  "captions": [
    { images, annotations: [{ id: 1, image_id: 10, caption: "a cat" }] },
    "Expected a list as categories of */labels.json but found nothing",
  ],
  "COCO without its images": [
    { ...coco, annotations: [{ image_id: 5, category_id: 3 }] },
    "Expected image_id of annotations[0] of */labels.json among its images but found 5",
  ],
  "COCO with a class that is not listed": [
    { ...coco, annotations: [{ image_id: 10, category_id: 4 }] },
    "Expected category_id of annotations[0] of */labels.json among its categories but found 4",
  ],
  "COCO with an image twice": [
    { ...coco, images: [...images, { id: 5, file_name: "a.jpg" }] },
    "Expected one image a in */labels.json but found the ids 0 and 5",
  ],
};
for (const [kind, [content, message]] of Object.entries(refused)) {
  Deno.test(`JSON of ${kind} is refused`, async () => {
    const found = await labelsIn({ "labels.json": JSON.stringify(content) });
    assert(typeof found === "string" && found.includes(message), `${message}\n${JSON.stringify(found)}`);
  });
}
