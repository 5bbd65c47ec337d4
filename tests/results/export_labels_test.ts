import { assert, assertEquals, assertRejects } from "../assert.ts";
import { exportLabels } from "../../lib/results/export_labels.ts";
import { decodeClassLabels } from "../../lib/formats/mod.ts";
import { main } from "../../lib/command_line/main.ts";
import { vocPalette } from "../../lib/data/mod.ts";
import { decodePng, encodePng } from "../../lib/files/png.ts";
import { withPycocotools } from "../formats/pycocotools.ts";
import { lacks, runPython } from "../needs.ts";
import { flagsOf, withLabels } from "../run/labelled.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));
const readPng = async (path: string) => decodePng(await Deno.readFile(path), path);

Deno.test("exportLabels() writes COCO's JSON of pseudo instances, fragments left out", async () => {
  await withLabels(async ({ config, workdir }) => {
    const message = await exportLabels(config, { workdir, format: "coco" });
    assertEquals(
      message,
      `Wrote ${workdir}/export/instances.json: 5 instances on 4 images; 1 of too low a score left out`,
    );
    const { images, categories, annotations } = await readJson(`${workdir}/export/instances.json`);
    assertEquals(images[0], { id: 1, file_name: "one.png", width: 30, height: 20 });
    assertEquals(images.length, 4);
    assertEquals(categories.map(({ id, name }: { id: number; name: string }) => [id, name]), [[1, "dog"], [2, "cat"]]);
    const [first] = annotations;
    assertEquals([first.id, first.image_id, first.category_id, first.iscrowd, first.area], [1, 1, 2, 0, 80]);
    assertEquals([first.bbox, first.score], [[2, 2, 8, 10], Math.fround(0.9)]);
    await exportLabels(config, { workdir, format: "coco", score: 0.6, list: "val", out: `${workdir}/few.json` });
    assertEquals((await readJson(`${workdir}/few.json`)).annotations.length, 2);
  });
});

Deno.test("exportLabels() names labelled images without an instance, and why", async () => {
  await withLabels(async ({ config, workdir }) => {
    const missing = JSON.stringify({ missing: [{ class: 1, why: "it is hidden" }] });
    await Deno.writeTextFile(`${workdir}/instance/three.json`, missing);
    for (const format of ["coco", "voc"] as const) {
      const message = await exportLabels(config, { workdir, format });
      assertEquals(message.split("\n").slice(1), ["three: no instance of cat: it is hidden"]);
    }
    assert(!(await exportLabels(config, { workdir, format: "coco", truth: true, list: "train" })).includes("three"));
  });
});

Deno.test("exportLabels() writes true masks where there are any", async () => {
  await withLabels(async ({ config, workdir, data }) => {
    const out = `${workdir}/truth.json`;
    const message = await exportLabels(config, { workdir, format: "coco", truth: true, list: "train", out });
    assertEquals(message, `Wrote ${out}: 3 instances on 3 images; 1 images without ground truth left out`);
    const { annotations, images } = await readJson(out);
    assertEquals(annotations.map(({ area }: { area: number }) => area), [100, 100, 600]);
    assertEquals([images.length, "score" in annotations[0]], [3, false]);
    await Deno.remove(`${data}/SegmentationObject`, { recursive: true });
    await assertRejects(
      () => exportLabels(config, { workdir, format: "coco", truth: true, out }),
      Error,
      "Expected ground truth of val but found none",
    );
    assertEquals((await readJson(out)).images.length, 3); // as it was
  });
});

Deno.test("exportLabels() keeps the numbers of COCO's file, where the labels are one", async () => {
  await withLabels(async ({ config, workdir, data }) => {
    const ids = ["one", "two", "three", "four"], labels = `${data}/instances.json`;
    const images = ids.map((id, n) => ({ id: n === 3 ? "4th" : 100 + n, file_name: `train/${id}.png` }));
    const categories = [{ id: 7, name: "cat" }, { id: 90, name: "dog" }];
    const annotations = [100, 101, 102, "4th"].map((image_id, id) => ({
      id,
      image_id,
      category_id: 7 + 83 * (id % 2),
    }));
    await Deno.writeTextFile(labels, JSON.stringify({ images, categories, annotations }));
    const coco = { ...config, data: { ...config.data, labels } };
    await exportLabels(coco, { workdir, format: "coco" });
    const written = await readJson(`${workdir}/export/instances.json`);
    assertEquals(
      written.images.map(({ id, file_name }: Record<string, unknown>) => ({ id, file_name })),
      images,
    );
    assertEquals(
      written.categories.map(({ id, name }: Record<string, unknown>) => ({ id, name })),
      categories.toReversed(),
    );
    const numbers = (list: Record<string, unknown>[]) => list.map((one) => [one["image_id"], one["category_id"]]);
    const expected = [[100, 7], [100, 90], [101, 7], [101, 90], ["4th", 7]];
    assertEquals(numbers(written.annotations), expected);
    await exportLabels(coco, { workdir, format: "coco-results", score: 0.1 });
    assertEquals(numbers(await readJson(`${workdir}/export/results.json`)), expected);
  });
});

Deno.test("exportLabels() writes class names as vectors", async () => {
  await withLabels(async ({ config, workdir }) => {
    const message = await exportLabels(config, { workdir, format: "cls-labels", limit: 2 });
    assertEquals(message, `Wrote ${workdir}/export/cls_labels.npy: vectors of 2 classes for 2 images`);
    const { rows } = decodeClassLabels(await Deno.readFile(`${workdir}/export/cls_labels.npy`), "cls_labels.npy");
    assertEquals([...rows], [["one", [0, 1]], ["two", [0, 1]]]);
  });
});

Deno.test("exportLabels() writes VOC's folders, the better instance on top, with the list", async () => {
  await withLabels(async ({ config, workdir }) => {
    await exportLabels(config, { workdir, format: "voc" });
    const folder = `${workdir}/export/voc`;
    const classes = await readPng(`${folder}/SegmentationClass/two.png`);
    const objects = await readPng(`${folder}/SegmentationObject/two.png`);
    const at = (y: number, x: number) => [classes.data[y * 30 + x], objects.data[y * 30 + x]];
    assertEquals([at(0, 0), at(6, 12), at(6, 28), at(6, 29)], [[2, 2], [1, 1], [1, 1], [0, 0]]);
    assertEquals(classes.palette, vocPalette());
    assertEquals(
      await Deno.readFile(`${folder}/SegmentationClassAug/two.png`),
      await Deno.readFile(`${workdir}/semantic/two.png`),
    );
    assertEquals(await Deno.readTextFile(`${folder}/ImageSets/Segmentation/train.txt`), "one\ntwo\nthree\nfour\n");
  });
});

Deno.test("exportLabels() writes the folder of VOC's server: all of a list, void as background", async () => {
  await withLabels(async ({ config, root, data, workdir }) => {
    const predictions = `${root}/predictions`, format = "voc-server";
    await Deno.mkdir(predictions);
    const map = { height: 1, width: 3, data: Uint8Array.of(0, 2, 255) };
    for (const id of ["a", "b"]) await Deno.writeFile(`${predictions}/${id}.png`, encodePng(map));
    await Deno.writeTextFile(`${data}/ImageSets/Segmentation/test.txt`, "a\nb\n"); // images without labels
    const message = await exportLabels(config, { workdir, format, predictions, list: "test" });
    const folder = `${workdir}/export/voc-server/results/VOC2012/Segmentation/comp6_test_cls`;
    assert(message.startsWith(`Wrote ${folder}: 2 images; void pixels of 2 became background\ncomp6 is for`), message);
    assertEquals([...(await readPng(`${folder}/a.png`)).data], [0, 2, 0]);

    await Deno.remove(`${predictions}/b.png`);
    const missing = () => exportLabels(config, { workdir, format, predictions, list: "test" });
    await assertRejects(missing, Error, `Expected a label map ${predictions}/b.png but found no such file`);
    await Deno.writeFile(`${predictions}/b.png`, encodePng({ ...map, data: Uint8Array.of(0, 3, 0) }));
    await assertRejects(missing, Error, `Expected labels 0…2 or 255 in ${predictions}/b.png but found 3`);
    const own = await exportLabels(config, { workdir, format, competition: "comp5", out: `${root}/own` });
    assert(
      own.startsWith(`Wrote ${root}/own/results/VOC2012/Segmentation/comp5_test_cls: 4 images\ncomp5 is for`),
      own,
    );
  });
});

Deno.test("exportLabels() names the stage whose file is missing or damaged", async () => {
  await withLabels(async ({ config, workdir }) => {
    await Deno.writeFile(`${workdir}/instance/two.npz`, (await Deno.readFile(`${workdir}/instance/one.npz`)).slice(9));
    await assertRejects(() => exportLabels(config, { workdir, format: "coco" }), Error, "instance/two.npz");
    await Deno.remove(`${workdir}/instance/two.npz`);
    const missing = "instance/two.npz but found no such file; run the stage instance first";
    await assertRejects(() => exportLabels(config, { workdir, format: "coco" }), Error, missing);
    await exportLabels(config, { workdir, format: "coco", limit: 1 });
    assertEquals((await readJson(`${workdir}/export/instances.json`)).images.length, 1);
  });
});

Deno.test("the command export ends with 2 for mistakes and with 0 when all is written", async () => {
  await withLabels(async (labelled) => {
    const mistakes: [string[], string][] = [
      [["--format", "cocoo"], "Expected --format coco, coco-results, voc, voc-server, cls-labels but found cocoo"],
      [["--score", "2"], "Expected a number of 0 to 1 for --score but found 2"],
      [["--competition", "comp7", "--format", "voc-server"], "Expected --competition comp5 or comp6 but found comp7"],
      [["--predictions", "x"], "Expected no --predictions with --format coco"],
      [["--format", "cls-labels", "--score", "0.5"], "Expected no --score with --format cls-labels"],
      [["--format", "voc-server", "--score", "0.5"], "Expected no --score with --format voc-server"],
      [["--ground-truth", "--score", "0.5"], "Expected neither --score nor --format coco-results with --ground-truth"],
    ];
    for (const [args, message] of mistakes) {
      const { code, err } = await captured(["export", ...flagsOf(labelled), ...args]);
      assert(code === 2 && err.includes(message), `${code} ${err}`);
    }
    const { code, out } = await captured(["export", ...flagsOf(labelled), "--format", "coco-results"]);
    assert(code === 0 && out.includes("results.json: 6 instances on 4 images"), out);
  });
});

/** What pycocotools, Pillow and, where it is there, torchvision's reader of VOC make of an export. */
const program = `
import importlib.util, json, os, sys
import numpy as np
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

workdir, truth = sys.argv[1:]
pseudo, true = COCO(f"{workdir}/export/instances.json"), COCO(truth)
compared = 0
for number in pseudo.getImgIds():
    name = pseudo.loadImgs(number)[0]["file_name"][:-4]
    npz = np.load(f"{workdir}/instance/{name}.npz")
    kept = npz["score"] > 0
    annotations = pseudo.loadAnns(pseudo.getAnnIds(number))
    assert len(annotations) == kept.sum()
    for annotation, mask, score, c in zip(annotations, npz["mask"][kept], npz["score"][kept], npz["class"][kept]):
        assert (pseudo.annToMask(annotation) == mask).all()
        assert annotation["area"] == mask.sum() and annotation["category_id"] == c + 1
        ys, xs = np.nonzero(mask)
        assert annotation["bbox"] == [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
        assert np.float32(annotation["score"]) == score
        compared += 1
evaluation = COCOeval(true, true.loadRes(f"{workdir}/results.json"), "segm")
evaluation.evaluate()
evaluation.accumulate()
evaluation.summarize()
voc = f"{workdir}/export/voc"
for folder in ["SegmentationClass", "SegmentationObject", "SegmentationClassAug"]:
    picture = Image.open(f"{voc}/{folder}/two.png")
    assert picture.mode == "P" and picture.getpalette()[3:9] == [128, 0, 0, 0, 128, 0]
classes, objects = (np.array(Image.open(f"{voc}/Segmentation{kind}/two.png")) for kind in ["Class", "Object"])
instances = [(objects == n, np.unique(classes[objects == n])) for n in np.unique(objects) if n not in (0, 255)]
assert [(mask.sum(), list(found)) for mask, found in instances] == [(190, [1]), (260, [2])]
readers = 0
if importlib.util.find_spec("torchvision"):
    from torchvision.datasets import VOCSegmentation
    os.makedirs(f"{workdir}/VOCdevkit")
    os.symlink(voc, f"{workdir}/VOCdevkit/VOC2012")
    os.mkdir(f"{voc}/JPEGImages")
    for name in ["one", "two", "three", "four"]:
        Image.new("RGB", (30, 20)).save(f"{voc}/JPEGImages/{name}.jpg")
    data = VOCSegmentation(workdir, year="2012", image_set="train")
    assert len(data) == 4 and (np.array(data[1][1]) == classes).all()
    readers = 1
print(json.dumps([compared, evaluation.stats[1], readers]))
`;

Deno.test({
  name: "pycocotools, Pillow and readers of VOC open what exportLabels() writes",
  ignore: lacks("pycocotools", withPycocotools),
  fn: async () => {
    await withLabels(async ({ config, workdir }) => {
      await exportLabels(config, { workdir, format: "coco" });
      const truth = `${workdir}/truth.json`;
      await exportLabels(config, { workdir, format: "coco", truth: true, out: truth });
      await exportLabels(config, { workdir, format: "coco-results", list: "val", out: `${workdir}/results.json` });
      await exportLabels(config, { workdir, format: "voc" });
      const printed = await runPython(["-c", program, workdir, truth]);
      const [compared, ap50] = JSON.parse(printed.trim().split("\n").at(-1)!);
      assertEquals(compared, 5);
      assert(Math.abs(ap50 - 0.75) < 0.01, printed); // dog: after a wrong one, cat: both
    });
  },
});

/** Exit code and output of a command. */
async function captured(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { log, error } = console;
  let out = "", err = "";
  console.log = (text) => out += `${text}\n`;
  console.error = (text) => err += `${text}\n`;
  try {
    return { code: await main(args), out, err };
  } finally {
    Object.assign(console, { log, error });
  }
}
