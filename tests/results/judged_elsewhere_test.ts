/** Predictions of the networks, as they are exported, judged by other programs: with the numbers that we find. */
import { presets } from "../../lib/config/config.ts";
import { exportLabels } from "../../lib/results/export_labels.ts";
import { scorePredictions } from "../../lib/results/score_predictions.ts";
import { encodeNpz } from "../../lib/files/npz.ts";
import { random } from "../../lib/data/mod.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assert, assertClose, assertEquals } from "../assert.ts";
import { withPycocotools } from "../formats/pycocotools.ts";
import { lacks, runPython } from "../needs.ts";
import { inFolder } from "../in_folder.ts";

const height = 40, width = 60, cell = 20, pixels = height * width;
const classes = ["dog", "cat", "bird"]; // birds are found, though there are none
const ids = Array.from({ length: 24 }, (_, n) => `image_${n}`);
const ious = [0.5, 0.7];

type Box = readonly [top: number, left: number, bottom: number, right: number];

/** A rectangle of a mask. */
function fill(data: Uint8Array, [top, left, bottom, right]: Box, value: number): void {
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    data.fill(value, y * width + left, y * width + right);
  }
}

/** True masks, disjoint as VOC's are, and what networks may have found: near the truth, twice, elsewhere, not at all. */
function drawImage(draw: () => number) {
  const labels = new Uint8Array(pixels), objects = new Uint8Array(pixels), predicted = new Uint8Array(pixels);
  const found: { class: number; score: number; mask: Uint8Array }[] = [];
  const whole = (least: number, most: number) => least + Math.floor(draw() * (most - least + 1));
  let count = 0;
  for (let top = 0; top < height; top += cell) {
    for (let left = 0; left < width; left += cell) {
      const label = whole(0, 1),
        box: Box = [top + whole(0, 4), left + whole(0, 4), top + whole(14, 20), left + whole(14, 20)];
      const isThere = draw() < 0.7;
      if (isThere) {
        fill(labels, box, label + 1);
        fill(objects, box, ++count);
      }
      for (let n = whole(0, 2); n > 0; n--) {
        const moved = box.map((side) => side + whole(-2, 2)) as unknown as Box, mask = new Uint8Array(pixels);
        const [y, x, bottom, right] = moved, inside: Box = [y, Math.max(0, x), bottom, Math.min(width, right)];
        const guess = draw() < 0.8 ? label : 2;
        fill(mask, inside, 1);
        fill(predicted, inside, guess + 1);
        found.push({ class: guess, score: isThere ? 0.3 + 0.7 * draw() : 0.6 * draw(), mask });
      }
    }
  }
  labels.fill(255, 0, width); // void, which no object has
  objects.fill(255, 0, width);
  return { labels, objects, predicted, found };
}

/** Writes data set and predictions as a run has them, and does the work. */
async function withPredictions(work: (workdir: string, config: typeof presets.sample) => Promise<void>): Promise<void> {
  await inFolder(async (root) => {
    const data = `${root}/data`, workdir = `${root}/out`;
    const folders = ["JPEGImages", "SegmentationClass", "SegmentationObject", "ImageSets/Segmentation"];
    for (const name of folders) await Deno.mkdir(`${data}/${name}`, { recursive: true });
    for (const name of ["mask_rcnn_irnet", "deeplab_irnet"]) {
      await Deno.mkdir(`${workdir}/${name}`, { recursive: true });
    }
    for (const [n, id] of ids.entries()) {
      const { labels, objects, predicted, found } = drawImage(random(0, "judged", n));
      const write = (path: string, map: Uint8Array) => Deno.writeFile(path, encodePng({ height, width, data: map }));
      await write(`${data}/JPEGImages/${id}.png`, labels);
      await write(`${data}/SegmentationClass/${id}.png`, labels);
      await write(`${data}/SegmentationObject/${id}.png`, objects);
      await write(`${workdir}/deeplab_irnet/${id}.png`, predicted);
      const mask = new Uint8Array(found.length * pixels);
      found.forEach((one, i) => mask.set(one.mask, i * pixels));
      const arrays = {
        score: { shape: [found.length], data: Float32Array.from(found, ({ score }) => score) },
        class: { shape: [found.length], data: Int32Array.from(found, (one) => one.class) },
        mask: { shape: [found.length, height, width], data: mask },
      };
      await Deno.writeFile(`${workdir}/mask_rcnn_irnet/${id}.npz`, encodeNpz(arrays));
    }
    await Deno.writeTextFile(`${data}/ImageSets/Segmentation/val.txt`, `${ids.join("\n")}\n`);
    await Deno.writeTextFile(
      `${data}/image_labels.json`,
      JSON.stringify(Object.fromEntries(ids.map((id) => [id, classes]))),
    );
    const config = structuredClone(presets.sample);
    Object.assign(config.data, { root: data, classes, inferList: "val", valList: "val" });
    config.evaluation.ious = ious;
    await work(workdir, config);
  });
}

Deno.test({
  name: "pycocotools finds the AP that we find in Mask R-CNN's exported results",
  ignore: lacks("pycocotools", withPycocotools),
  fn: () =>
    withPredictions(async (workdir, config) => {
      const truth = `${workdir}/truth.json`, results = `${workdir}/results.json`;
      await exportLabels(config, { workdir, format: "coco", truth: true, list: "val", out: truth });
      await exportLabels(config, {
        workdir,
        format: "coco-results",
        stage: "mask_rcnn_irnet",
        list: "val",
        out: results,
      });
      const { instance } = await scorePredictions(config, { predictions: results, list: "val" });
      const program = new URL("../formats/coco_precision.py", import.meta.url).pathname;
      const printed = await runPython([program, truth, results, ...ious.map(String)]);
      const theirs = JSON.parse(printed.trim().split("\n").at(-1)!);
      for (const name of ["dog", "cat"]) {
        for (const t of ious.keys()) {
          const ours = instance!.perClass[name]![t]! / 100, { coco, area } = theirs[name][t];
          assert(ours > 0.1 && ours < 0.9, `${name}: ${ours}, which shows something`);
          // With true masks that are disjoint no result overlaps two by half: who matches whom is not a matter of rules.
          assertClose([ours], [area], { absolute: 1e-6, name: `area below the curve, ${name}, IoU ${ious[t]}` });
          // COCO's AP is the mean of the falling precision p at 101 recalls, ours its integral: at most 0.01 apart.
          assert(Math.abs(ours - coco) <= 0.01, `${name}, IoU ${ious[t]}: ${ours} and ${coco}`);
        }
      }
      assertEquals(instance!.perClass["bird"], [null, null]);
      assertEquals(theirs["bird"].map(({ coco }: { coco: number }) => coco), [-1, -1]);
    }),
});

/** Mean IoU of label maps in a folder, as VOC counts it: void pixels of the truth are left out. */
const meanIou = `
import json, os, sys
import numpy as np
from PIL import Image

found, true, classes = sys.argv[1], sys.argv[2], int(sys.argv[3])
confusion = np.zeros((classes + 1, classes + 1), int)
for name in os.listdir(found):
    predicted, truth = (np.array(Image.open(f"{folder}/{name}")) for folder in [found, true])
    judged = truth != 255
    np.add.at(confusion, (truth[judged], predicted[judged]), 1)
right = np.diag(confusion)
print(json.dumps(list(right / (confusion.sum(0) + confusion.sum(1) - right))))
`;

Deno.test({
  name: "Pillow and numpy find the IoU that we find in DeepLab's exported label maps",
  ignore: lacks("pycocotools", withPycocotools),
  fn: () =>
    withPredictions(async (workdir, config) => {
      const predictions = `${workdir}/deeplab_irnet`, out = `${workdir}/server`;
      await exportLabels(config, { workdir, format: "voc-server", predictions, list: "val", out });
      const folder = `${out}/results/VOC2012/Segmentation/comp6_val_cls`;
      const { semantic } = await scorePredictions(config, { predictions: folder, list: "val" });
      const truth = `${config.data.root}/SegmentationClass`;
      const theirs = JSON.parse(await runPython(["-c", meanIou, folder, truth, String(classes.length)]));
      const ours = Object.values(semantic!.perClass).map((iou) => iou! / 100);
      assertClose(ours, theirs, { absolute: 1e-6, name: "IoU of background and classes" });
      assert(ours[1]! > 0.2 && ours[1]! < 0.9 && ours[3] === 0, `${ours}`);
    }),
});
