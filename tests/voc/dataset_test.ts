import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { encodePng, openDataset } from "../../lib/voc/mod.ts";

const classes = ["cat", "dog", "sheep"];
const xml = (...objects: string[]) =>
  `<annotation><filename>a.jpg</filename><owner><name>Dogan</name></owner>${
    objects.map((name) => `<object><name>${name}</name><difficult>1</difficult><part><name>head</name></part></object>`)
      .join("")
  }</annotation>`;
const image = encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 255) }, { palette: null });

/** A data set of text and image files by path. */
async function withDataset(
  files: Record<string, string | Uint8Array>,
  work: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await (typeof content === "string"
        ? Deno.writeTextFile(`${root}/${path}`, content)
        : Deno.writeFile(`${root}/${path}`, content));
    }
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const small = {
  "JPEGImages/a.png": image,
  "JPEGImages/b.JPG": image,
  "JPEGImages/c.webp": image,
  "image_labels.json": JSON.stringify({ a: ["sheep", "cat", "sheep"], b: [], d: ["dog"] }),
  "ImageSets/Segmentation/train.txt": "\ufeffb\r\na\r\n\r\n",
  "ImageSets/Segmentation/val.txt": "a\n",
};

Deno.test("openDataset() reads lists in their order, labels ascending, and images of any extension", async () => {
  await withDataset(small, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertEquals(dataset.list("train"), ["b", "a"]);
    assertEquals(dataset.labels("a"), [0, 2]);
    assertEquals(dataset.labels("b"), []);
    assertEquals(dataset.imagePath("b"), `${root}/JPEGImages/b.JPG`);
    assertEquals([...(await dataset.readImage("a")).data], [0, 0, 0, 255, 255, 255]);
    await Deno.writeTextFile(`${root}/mine.txt`, "a");
    assertEquals(dataset.list(`${root}/mine.txt`), ["a"]);
  });
});

Deno.test("openDataset() takes labels from the file it is told, or from XML where there is no JSON", async () => {
  const { "image_labels.json": _, ...images } = small;
  const files = {
    ...images,
    "Annotations/a.xml": xml("dog", "cat", "dog"),
    "Annotations/b.xml": "<annotation></annotation>",
    "other.json": '{"a": ["dog"], "b": []}',
  };
  await withDataset(files, async (root) => {
    const fromXml = await openDataset({ root, labels: null, classes });
    assertEquals(fromXml.list("train"), ["b", "a"]);
    assertEquals([fromXml.labels("a"), fromXml.labels("b")], [[0, 1], []]);
    const told = await openDataset({ root, labels: `${root}/other.json`, classes });
    assertEquals(told.labels("a"), [1]);
  });
});

Deno.test("openDataset() counts a class that is named anywhere in the XML, and no other name of a part", async () => {
  const part = "<annotation><object><name>cat</name><part><name>dog</name></part></object></annotation>";
  await withDataset({ "JPEGImages/a.png": image, "Annotations/a.xml": part }, async (root) => {
    assertEquals((await openDataset({ root, labels: null, classes })).labels("a"), [0, 1]);
  });
});

Deno.test("openDataset() names an object that is no class, and the nearest class", async () => {
  await withDataset({ "JPEGImages/a.png": image, "Annotations/a.xml": xml("sheeep") }, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertThrows(() => dataset.labels("a"), Error, "found sheeep; the nearest is sheep");
    assertThrows(() => dataset.labels("b"), Error, "Expected labels of b in");
  });
  await withDataset({ ...small, "image_labels.json": '{"a": ["cat", "dig"]}' }, async (root) => {
    const error = await assertRejects(() => openDataset({ root, labels: null, classes }), Error);
    assert(/labels of a in .*image_labels.json .* found dig; the nearest is dog/.test(error.message), error.message);
  });
});

Deno.test("openDataset() names what is missing", async () => {
  await assertRejects(() => openDataset({ root: null, labels: null, classes }), Error, "data.root");
  await assertRejects(() => openDataset({ root: "/no/such", labels: null, classes }), Error, "found none at /no/such");
  await withDataset({ "readme.txt": "" }, async (root) => {
    await assertRejects(() => openDataset({ root, labels: null, classes }), Error, `${root}/JPEGImages`);
  });
  await withDataset({ "JPEGImages/a.png": image }, async (root) => {
    await assertRejects(() => openDataset({ root, labels: null, classes }), Error, "Annotations but found neither");
    await assertRejects(() => openDataset({ root, labels: `${root}/x.json`, classes }), Error, `${root}/x.json`);
  });
  await withDataset({ ...small, "image_labels.json": "{" }, async (root) => {
    await assertRejects(() => openDataset({ root, labels: null, classes }), Error, "Expected JSON in");
  });
});

Deno.test("Dataset.list() names the list, the id and the nearest list where one is wrong", async () => {
  const lists = (text: string) => ({ ...small, "ImageSets/Segmentation/mine.txt": text });
  const expectError = async (text: string, ...includes: string[]) =>
    await withDataset(lists(text), async (root) => {
      const dataset = await openDataset({ root, labels: null, classes });
      const error = assertThrows(() => dataset.list("mine"), Error) as Error;
      for (const part of includes) assert(error.message.includes(part), error.message);
    });
  await expectError("a\nb\na\n", "mine.txt", "a twice");
  await expectError("\n \n", "at least one id", "mine.txt");
  await expectError("a\n/JPEGImages/a.png\n", "without folders", "/JPEGImages/a.png");
  await expectError("..\\a\n", "without folders");
  await expectError("c\n", "labels of c", "mine.txt", "image_labels.json");
  await expectError("d\n", "image d", "JPEGImages");
  await withDataset(small, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertThrows(() => dataset.list("trian"), Error, "trian.txt but found none; the nearest is train");
    assertThrows(() => dataset.list("lists/trian.txt"), Error, "or lists/trian.txt but found none");
  });
});

Deno.test("Dataset.imagePath() names both files where one id has two", async () => {
  await withDataset({ ...small, "JPEGImages/a.tiff": image }, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    const error = assertThrows(() => dataset.imagePath("a"), Error) as Error;
    assert(error.message.includes("a.png") && error.message.includes("a.tiff"), error.message);
  });
});

Deno.test("Dataset reads masks, null where there is none, and names a damaged one", async () => {
  const mask = { width: 2, height: 1, data: Uint8Array.of(3, 255) };
  const files = {
    ...small,
    "SegmentationClass/a.png": encodePng(mask),
    "SegmentationObject/a.png": encodePng(mask).subarray(0, 60),
  };
  await withDataset(files, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertEquals(await dataset.readClassMask("a"), mask);
    assertEquals(await dataset.readClassMask("b"), null);
    assertEquals(await dataset.readInstanceMask("b"), null);
    await assertRejects(() => dataset.readInstanceMask("a"), Error, `${root}/SegmentationObject/a.png`);
  });
});
