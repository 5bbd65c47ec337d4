import sharp from "sharp";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { openDataset } from "../../lib/data/mod.ts";
import { encodePng } from "../../lib/files/png.ts";

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

Deno.test("openDataset() counts the names of objects in XML, and of nothing else", async () => {
  const part = "<annotation><owner><name>sheep</name></owner><object><name>cat</name><part><name>dog</name></part>" +
    "</object></annotation>";
  await withDataset({ "JPEGImages/a.png": image, "Annotations/a.xml": part }, async (root) => {
    assertEquals((await openDataset({ root, labels: null, classes })).labels("a"), [0]);
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
    await assertRejects(() => openDataset({ root, labels: null, classes }), Error, `.tiff) in ${root} but found none`);
  });
  await withDataset({ "JPEGImages/a.png": image }, async (root) => {
    await assertRejects(
      () => openDataset({ root, labels: null, classes }),
      Error,
      "Annotations, cls_labels.npy, or images in folders of the names of classes) but found none; trained weights need none (deno task predict)",
    );
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
  await expectError("a\n/JPEGImages/a.png\n", "mine.txt", "a twice");
  await expectError("..\\a\n", "image ..\\a");
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

/** Class names of images, with the classes in the order of `classes`. */
async function labelsIn(file: string, content: string, ids: readonly string[] = ["a", "b"]) {
  const found: Record<string, string[]> = {};
  await withDataset({ ...Object.fromEntries(ids.map((id) => [`${id}.png`, image])), [file]: content }, async (root) => {
    const dataset = await openDataset({ root, labels: `${root}/${file}`, classes });
    for (const id of dataset.list("all")) found[id] = dataset.labels(id).map((label) => classes[label]!);
  });
  return found;
}

const expected = { a: ["cat", "sheep"], b: [] };
const labelFiles: Record<string, [file: string, content: string]> = {
  "JSON": ["labels.json", '{"a": ["sheep", " cat "], "b": []}'],
  "JSON with names of files": ["labels.json", '\ufeff{"a.jpg": ["sheep", "cat"], "b.PNG": ""}'],
  "a JSON list of objects": [
    "labels.json",
    '[{"file_name": "a.png", "labels": ["sheep"]}, {"id": "b", "class": []}, {"id": "a", "class": "cat"}]',
  ],
  "CSV, a row for each name": ["labels.csv", "id,class\na,sheep\nb,\na,cat\n"],
  "CSV, a column for each name": ["labels.csv", "a.png,sheep,cat\r\nb.png\r\n"],
  "CSV, names in one cell": ["labels.csv", '\ufeff"a","sheep, cat"\r\n"b",""\r\n'],
  "CSV, columns of 0 and 1": ["labels.csv", "Image,cat,dog,sheep\na,1,0,1\nb,0,0,0"],
  "CSV with semicolons": ["labels.csv", "id;class\na; sheep|cat\nb;\n\n"],
  "a table with tabs": ["labels.tsv", "a\tsheep\tcat\nb"],
};
for (const [kind, [file, content]] of Object.entries(labelFiles)) {
  Deno.test(`openDataset() reads labels from ${kind}`, async () => {
    assertEquals(await labelsIn(file, content), expected);
  });
}

Deno.test("openDataset() keeps quotation marks, separators and line ends in quoted cells", async () => {
  await withDataset({ 'a,"1".png': image, "labels.csv": 'id,class\n"a,""1""","cat\n"\n' }, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertEquals(dataset.list("all"), ['a,"1"']);
    assertEquals(dataset.labels('a,"1"'), [0]);
  });
});

const badLabels: [file: string, content: string, message: string][] = [
  ["labels.json", '{"a": ["cat"], "b": [], "a": ["dog"]}', "Expected every id once in"],
  ["labels.json", '{"a": ["cat"], "a.jpg": ["dog"]}', "found a twice"],
  ["labels.json", '{"x/a": ["cat"], "y/a": []}', "found x/a and y/a"],
  ["labels.json", '{"../a": ["cat"]}', "Expected an id in"],
  ["labels.json", '{"": []}', "Expected an id in"],
  ["labels.json", '{"a": {"cat": 1}}', "Expected class names of a in"],
  ["labels.json", '[["a", "cat"]]', "as entry 0 of"],
  ["labels.json", "3", "Expected an object of id"],
  ["labels.csv", 'id,class\na,cat\nb,"dog', "Expected the end of the quotation that begins in line 3 of"],
  ["labels.csv", "id,class\n,cat", "Expected an id at the start of line 2 of"],
  ["labels.csv", "id,class\nx\\a,cat\ny/a,cat", "found x/a and y/a"],
];
for (const [file, content, message] of badLabels) {
  Deno.test(`openDataset() refuses ${content.replaceAll("\n", "⏎")} as ${file}`, async () => {
    const { message: found } = await assertRejects(() => labelsIn(file, content), Error);
    assert(found.includes(message) && found.includes(file), found);
  });
}

Deno.test("Dataset.list() gives every image as all: of a flat folder, of images, or nested, and of no other folder", async () => {
  const labels = '{"a": [], "b": []}';
  const layouts = [["a.png", "b.JPG"], ["images/a.png", "images/x/y/b.png", "c.png"], ["x/a.png", "b.tif", ".c.png"]];
  for (const files of layouts) {
    const content = { ...Object.fromEntries(files.map((file) => [file, image])), "labels.json": labels };
    const others = { "SegmentationClass/a.png": image, "out/run.json": "{}", "out/semantic/a.png": image };
    await withDataset({ ...content, ...others, "readme.md": "" }, async (root) => {
      const dataset = await openDataset({ root, labels: null, classes });
      assertEquals(dataset.list("all"), ["a", "b"]);
      assertEquals((await dataset.readImage("a")).width, 2);
    });
  }
  await withDataset({ ...small, "ImageSets/Segmentation/all.txt": "b" }, async (root) => {
    assertEquals((await openDataset({ root, labels: null, classes })).list("all"), ["b"]);
  });
});

Deno.test("Dataset.list() names images without labels, labels without images and ids with two images for all", async () => {
  const expectError = async (files: Record<string, string | Uint8Array>, message: string) =>
    await withDataset(files, async (root) => {
      const dataset = await openDataset({ root, labels: null, classes });
      const error = assertThrows(() => dataset.list("all"), Error) as Error;
      assert(error.message.includes(message), error.message);
    });
  const labels = { "labels.json": '{"cow_1": [], "cow_2": []}' };
  await expectError({ ...labels, "cow_1.png": image }, "for every id in");
  await expectError({ ...labels, "cow_1.png": image }, "but found none of cow_2; the nearest is cow_1");
  await expectError(
    { ...labels, "cow_1.png": image, "cow_2.png": image, "b.png": image, "c.png": image },
    "but found none of b, c",
  );
  await expectError({ ...labels, "cow_1.png": image, "cow_1.tif": image }, "but found cow_1.png, cow_1.tif");
});

Deno.test("Dataset names masks of another size than the image, and ids without class", async () => {
  const mask = (width: number, value: number) =>
    encodePng({ width, height: 1, data: new Uint8Array(width).fill(value) });
  const files = {
    ...small,
    "SegmentationClass/a.png": mask(2, 4),
    "SegmentationClass/b.png": mask(3, 1),
    "SegmentationObject/b.png": mask(3, 1),
    "SegmentationObject/a.png": mask(2, 7),
  };
  await withDataset(files, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    const path = `${root}/SegmentationClass/a.png`;
    await assertRejects(
      () => dataset.readClassMask("a"),
      Error,
      `Expected class ids 0…3, and 255 for void, in ${path}`,
    );
    await assertRejects(() => dataset.readClassMask("b"), Error, `to have the 2×1 pixels of ${root}/JPEGImages/b.JPG`);
    await assertRejects(() => dataset.readInstanceMask("b"), Error, "but found 3×1");
    assertEquals([...(await dataset.readInstanceMask("a"))!.data], [7, 7]);
  });
});

Deno.test("Dataset takes masks of an image that EXIF data turn as people see it", async () => {
  const turned = await sharp({ create: { width: 4, height: 2, channels: 3, background: "red" } })
    .withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const mask = (width: number, height: number) => encodePng({ width, height, data: new Uint8Array(8) });
  const files = { "a.jpg": turned, "b.jpg": turned, "labels.json": '{"a": [], "b": []}' };
  const masks = { "SegmentationClass/a.png": mask(2, 4), "SegmentationClass/b.png": mask(4, 2) };
  await withDataset({ ...files, ...masks }, async (root) => {
    const dataset = await openDataset({ root, labels: null, classes });
    assertEquals((await dataset.readImage("a")).width, 2);
    assertEquals((await dataset.readClassMask("a"))?.height, 4);
    await assertRejects(() => dataset.readClassMask("b"), Error, "b.jpg, which its EXIF data turn, but found 4×2");
  });
});

Deno.test("openDataset() takes a folder of images without any class, also from within its own, as a list of its own", async () => {
  const files = { "a.png": image, "b.png": image, "labels.json": '{"a": ["cat"], "b": ["dog"]}' };
  await withDataset({ ...files, "none/x.png": image, "none/below/w.png": image }, async (root) => {
    const open = (negatives: string | null) => openDataset({ root, labels: null, negatives, classes });
    const dataset = await open(`${root}/none/`);
    assertEquals([dataset.list("all"), dataset.list(`${root}/none/`)], [["a", "b"], ["w", "x"]]);
    assertEquals([dataset.labels("a"), dataset.labels("x")], [[0], []]);
    assertEquals(dataset.imagePath("w"), `${root}/none/below/w.png`);
    assertEquals((await dataset.readImage("x")).width, 2);
    const plain = await open(null);
    assertThrows(() => plain.list("all"), Error, "but found none of w, x");
    await Deno.writeFile(`${root}/none/b.png`, image);
    await assertRejects(
      () => open(`${root}/none`),
      Error,
      `Expected images in ${root}/none that nothing else names but found b in ${root}/labels.json`,
    );
  });
});
