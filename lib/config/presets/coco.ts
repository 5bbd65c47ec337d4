/**
 * MS COCO 2014 with the released code's settings, the thresholds that ReCAM (CVPR 2022) publishes for IRNet on COCO, and what
 * LPCAM's code has for COCO.
 *
 * - command: `deno task pipeline --preset coco --voc-root datasets/COCO2014
 *   --set backbone.weights=weights/resnet50.safetensors`, after `deno task data:coco2014`
 * - time: 57 times the images of VOC's animals, on a CPU weeks; on 64 machines (`submit:slurm`) a day or two, most of it the
 *   trainings, which are one job each; `--dry-run` after a trial with `--limit 20` says how long on yours
 * - memory: a step of the classifier's training takes 1.6 GB; the plan of its 82,783 images takes 0.9 GB, and 10 s of a
 *   processor (tests/scale/coco.ts)
 * - result: not run to the end here. Plain IRNet on COCO was never published by its authors; DeepLab on labels that other
 *   CAMs and IRNet make reaches mIoU 43.8 (RIB) to 45.0 (ReCAM) on `val2014`, the labels themselves about 45.6 on `train2014`
 * @module
 */
import { COCO_CLASSES } from "../../data/class_names.ts";
import { merge } from "../merge.ts";
import type { Config } from "../schema.ts";
import { paper } from "./paper.ts";

/** Settings for MS COCO 2014. */
export const coco: Config = merge<Config>(paper, {
  preset: "coco",
  data: {
    classes: [...COCO_CLASSES],
    trainList: "train2014",
    valList: "val2014",
    inferList: "train2014",
    instanceList: "train2014",
  },
  cam: { prototypes: { clusters: 20, select: 0.25, context: [0, 0.5], images: 100 } },
  relation: { foreground: 0.35, background: 0.1 },
  downstream: {
    trainList: "train2014",
    trainInstanceList: "train2014",
    valList: "val2014",
    valInstanceList: "val2014",
  },
});
