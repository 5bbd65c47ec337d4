import { assert, assertEquals } from "../assert.ts";
import { openDataset } from "../../lib/data/mod.ts";
import { inFolder } from "../in_folder.ts";
import { labelsIn } from "./labels_in.ts";

Deno.test("folders of images are labels where there are no others", async () => {
  const images = ["cat/1.jpg", "cat/2.jpg", "dog/1.jpg", "dog/more/3.jpg"];
  const expected = { cat__1: ["cat"], 2: ["cat"], dog__1: ["dog"], 3: ["dog"] };
  assertEquals(await labelsIn({}, { images, labels: null }), expected);
  const inImages = images.map((path) => `images/${path}`);
  assertEquals(await labelsIn({}, { images: inImages, labels: null }), expected);
  assertEquals(await labelsIn({}, { images: inImages, labels: "images" }), expected);
});

Deno.test("folders of splits are no classes", async () => {
  const images = ["train/cat/1.jpg", "train/dog/1.jpg", "val/cat/2.jpg"];
  assertEquals(await labelsIn({}, { images, labels: null }), {
    train__cat__1: ["cat"],
    train__dog__1: ["dog"],
    2: ["cat"],
  });
});

Deno.test("one folder is a class only if that is said, and no image may be outside", async () => {
  const one = await labelsIn({}, { images: ["photos/1.jpg"], labels: null });
  assert(String(one).includes("images in folders of the names of classes) but found none"), String(one));
  const told = await labelsIn({}, { images: ["images/cat/1.jpg"], labels: "images" });
  assertEquals(told, { 1: ["cat"] });
  const outside = await labelsIn({}, { images: ["images/cat/1.jpg", "images/2.jpg"], labels: "images" });
  assertEquals(outside, "Expected every image of */images in a folder of the name of its class but found 2.jpg");
});

Deno.test("keys with folders mean the image there, as far as they are known", async () => {
  const images = ["cat/1.jpg", "dog/1.jpg", "dog/2.jpg"], expected = { cat__1: ["x"], dog__1: ["y"], 2: [] };
  for (
    const keys of [["cat/1.jpg", "dog/1", "2"], ["./cat/1", "/home/me/dog/1.jpg", "dog\\2.jpg"], [
      "cat__1",
      "dog__1",
      "2",
    ]]
  ) {
    const [a, b, c] = keys as [string, string, string];
    assertEquals(await labelsIn({ "l.json": JSON.stringify({ [a]: "x", [b]: "y", [c]: "" }) }, { images }), expected);
    assertEquals(await labelsIn({ "l.csv": `${a},x\n${b},y\n${c},` }, { images }), expected);
  }
  const either = await labelsIn({ "l.json": '{"1": "x"}' }, { images });
  assertEquals(either, "Expected the name of one image in */l.json but found 1, which may be cat/1, dog/1");
  const colon = await labelsIn({ "l.json": '{"1.jpg": "x", "a:1.jpg": "y"}' }, { images: ["1.jpg", "a:1.jpg"] });
  assertEquals(colon, { 1: ["x"], "a:1": ["y"] });
  const flat = await labelsIn({ "l.json": '{"cat/1": "x", "dog/1": "y"}' }, { images: ["1.jpg"] });
  assertEquals(flat, "Expected one key of the image 1 in */l.json but found cat/1 and dog/1");
});

Deno.test("lists hold ids, names of files or paths; masks lie in the folders of images of one name", async () => {
  await inFolder(async (root) => {
    for (const folder of ["x", "y"]) {
      await Deno.mkdir(`${root}/${folder}`);
      await Deno.writeTextFile(`${root}/${folder}/1.jpg`, "");
    }
    await Deno.writeTextFile(`${root}/x/2.jpg`, "");
    await Deno.writeTextFile(`${root}/labels.csv`, "x/1.jpg,cat\ny/1.jpg,dog\n2,cat");
    await Deno.writeTextFile(`${root}/list.txt`, "2.jpg\ny/1.jpg\r\n/data/x/1\n");
    const dataset = await openDataset({ root, labels: null, classes: ["cat", "dog"] });
    assertEquals(dataset.list(`${root}/list.txt`), ["2", "y__1", "x__1"]);
    assertEquals(dataset.list("all"), ["2", "x__1", "y__1"]);
    assertEquals(dataset.imagePath("y__1"), `${root}/y/1.jpg`);
    assertEquals(dataset.maskPaths("y__1")[0], `${root}/SegmentationClass/y/1.png`);
    assertEquals(dataset.maskPaths("2")[0], `${root}/SegmentationClass/2.png`);
  });
});

Deno.test("linked folders hold images, and a link to a folder around it none", async () => {
  await inFolder(async (root) => {
    await Deno.mkdir(`${root}/data/cat`, { recursive: true });
    await Deno.mkdir(`${root}/elsewhere`);
    await Deno.writeTextFile(`${root}/data/cat/1.jpg`, "");
    await Deno.writeTextFile(`${root}/elsewhere/2.jpg`, "");
    await Deno.symlink(`${root}/elsewhere`, `${root}/data/dog`);
    await Deno.symlink(`${root}/data`, `${root}/elsewhere/back`);
    await Deno.symlink(`${root}/data/cat`, `${root}/data/cat/self`);
    const dataset = await openDataset({ root: `${root}/data`, labels: null, classes: ["cat", "dog"] });
    assertEquals(dataset.list("all").map((id) => [id, ...dataset.labels(id)]), [["1", 0], ["2", 1]]);
  });
});
