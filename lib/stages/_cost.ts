/** Costs of work, as far as they can be told before: of networks, and of stages that need no tensors. */
import { availableParallelism } from "node:os";
import type { Config, TrainingSettings } from "../config/config.ts";
import type { CostModel, StageContext, UsualImage, WorkPart } from "../run/stage.ts";
import { trainingSteps } from "../train/epochs.ts";
import { workersOf } from "../run/workers.ts";

export const MIB = 2 ** 20, GIB = 2 ** 30;

/** Seconds and bytes a megapixel on its way forward through a network, with TensorFlow on two cores. */
const NETWORKS = {
  resnet50: { forward: 1.7, bytes: 2.2 * GIB, weights: 94 * MIB },
  efficientnet_lite0: { forward: 0.44, bytes: 0.7 * GIB, weights: 14 * MIB },
  efficientnet_lite1: { forward: 0.62, bytes: 0.9 * GIB, weights: 17 * MIB },
  efficientnet_lite2: { forward: 0.83, bytes: 1.1 * GIB, weights: 19 * MIB },
  sample: { forward: 0.1, bytes: 0.3 * GIB, weights: 3 * MIB },
} satisfies Record<Config["backbone"]["network"], unknown>;

/** Costs of the backbone. */
export const networkCost = ({ backbone }: Config) => NETWORKS[backbone.network];

/** Time of the later layers of a backbone, as a multiple of that at stride 16. */
export const denseFactor = (stride: number) => stride === 8 ? 2 : 1;

/** Pixels of a square, in millions. */
export const square = (side: number) => side * side / 1e6;

/** How many cores work at once on `parts` things of equal size. */
const coresFor = (config: Config, parts = Infinity) => Math.min(workersOf(config), availableParallelism(), parts);

/** How many times as long as with TensorFlow on two cores it takes; on `wasm`, which has one thread, Workers share it. */
function slowness(config: Config, { backend }: UsualImage, parts: number): number {
  if (backend === "wasm") return 10 / coresFor(config, parts);
  if (backend === "tensorflow") return 2 / (config.compute.threads || availableParallelism());
  return backend === "webgpu" ? 0.1 : 150;
}

/** Steps of a training that costs `cost` seconds a megapixel with TensorFlow on two cores. */
export function steps(
  images: number,
  training: TrainingSettings,
  { cost, config, image }: { cost: number; config: Config; image: UsualImage },
): WorkPart {
  const views = Math.min(images, training.batch), parts = Math.ceil(views / training.microBatch);
  const seconds = slowness(config, image, parts) * cost * views * square(training.crop);
  return { unit: "steps", count: trainingSteps(images, training), seconds };
}

/** Images that pass through a network, each at a cost of `cost` seconds with TensorFlow on two cores. */
export function inferences(
  count: number,
  { cost, config, image, shared = true }: { cost: number; config: Config; image: UsualImage; shared?: boolean },
): WorkPart {
  return { unit: "images", count, seconds: slowness(config, image, shared ? count : 1) * cost };
}

/** Memory at the peak of a training whose views take `bytes` a megapixel. */
export function trainingMemory({ crop, microBatch }: TrainingSettings, bytes: number): number {
  return 0.3 * GIB + bytes * microBatch * square(crop);
}

/** A stage over images that needs no tensors: seconds of a core a megapixel, bytes an image. */
export function onCores(
  { ids, seconds, bytes, settings }: {
    ids: (context: StageContext) => readonly string[];
    seconds: (image: UsualImage, context: StageContext) => number;
    bytes: (megapixels: number) => number;
    settings: (config: Config) => unknown;
  },
): CostModel {
  return {
    settings,
    estimate: (context, image) => {
      const { config } = context, count = ids(context).length, { megapixels, full } = image;
      const seen = seconds(image, context) * megapixels, enlarged = full - megapixels;
      return {
        parts: [{ unit: "images", count, seconds: (seen + 0.5 * enlarged) / coresFor(config, count) }],
        bytes: bytes(full),
        memory: 0.3 * GIB + workersOf(config) * (0.1 * GIB + 1.6 * GIB * megapixels + 40e6 * enlarged),
      };
    },
  };
}
