/**
 * The released code's settings: ResNet-50 with ImageNet weights on VOC 2012. They are the schema's defaults.
 *
 * - command: `deno task pipeline --preset paper --voc-root datasets/VOCdevkit/VOC2012
 *   --set backbone.weights=weights/resnet50.safetensors`
 * - time: on a CPU days; `--dry-run` after a trial with `--limit 20` says how long on a machine
 * - memory: a step of the classifier's training takes 1.6 GB
 * - result: not run to the end here; the released code reaches AP50 32 to 36 and mIoU 65 to 66 on `train`
 * @module
 */
import type { Config } from "../schema.ts";
import { defaults } from "../settings.ts";

/** The released code's settings. */
export const paper: Config = defaults();
