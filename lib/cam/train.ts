import type { Backbone } from "../nn/backbone.ts";
import type { OptimiserSettings } from "../nn/optimiser.ts";
import { trainLoop, type TrainLoopOptions } from "../nn/train_loop.ts";
import { isTrainable } from "../weights/parameter_spec.ts";
import { disposeParams, type Params } from "../weights/params.ts";
import { classifierLoss, type Images } from "./_classifier_loss.ts";

const module = new URL("./_classifier_loss.ts", import.meta.url);

/** Images with their class labels. */
export interface ClassifierBatch {
  /** Ids of the images. */
  readonly ids: readonly string[];
  /** Preprocessed images, [B, height, width, 3]. */
  readonly images: Float32Array;
  /** 1 where a class is in the image, else 0, [B, classes]. */
  readonly labels: Float32Array;
  /** Rows of an image, pixels. */
  readonly height: number;
  /** Columns of an image, pixels. */
  readonly width: number;
}

/** Options of {@linkcode trainClassifier}; those not described here are those of the loop. */
export interface ClassifierOptions extends
  Pick<
    TrainLoopOptions<unknown>,
    "steps" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal" | "workers"
  > {
  /** The network. */
  backbone: Backbone;
  /** Its parameters and `classifier.weight`; those trained are replaced in place, and their old tensors disposed. */
  params: Params;
  /** `cam`: the layers that the backbone trains for CAMs, and the classifier; `all`: everything, from scratch. */
  part: "cam" | "all";
  /** Method and schedule; `headFactor` multiplies the classifier's learning rate. */
  optimiser: OptimiserSettings & { readonly headFactor: number };
  /** Images that pass through the network at once; gradients of a batch are summed, which is exact. */
  microBatch: number;
  /** The batch of a step: the same for the same step. It is asked for while the step before is computed. */
  batch(step: number): Promise<ClassifierBatch>;
}

/**
 * Trains a backbone and its classifier to name what is in images (paper: Class Attention Maps).
 *
 * @param options Network, batches and schedule.
 * @throws Error naming step and images where the loss is not finite.
 * @throws The signal's reason if it was aborted, after a checkpoint.
 */
export async function trainClassifier(options: ClassifierOptions): Promise<void> {
  const { backbone, params, part, optimiser: { headFactor, ...optimiser } } = options;
  const detach = part === "cam";
  const specs = backbone.parameters.filter((spec) => detach ? backbone.trainsForCam(spec.name) : isTrainable(spec));
  const trainable = [...specs.map(({ name }) => name), "classifier.weight"];
  const frozen = backbone.fold(
    Object.fromEntries(Object.entries(params).filter(([name]) => !trainable.includes(name))),
  );
  try {
    await trainLoop<Images>({
      ...options,
      params,
      optimiser,
      trainable,
      frozen,
      factor: (name) => name === "classifier.weight" ? headFactor : 1,
      batch: async (step) => split(await options.batch(step), options.microBatch),
      loss: classifierLoss(backbone, { detach }),
      ...(backbone.choice ? { lossInWorkers: { module, settings: { choice: backbone.choice, detach } } } : {}),
    });
  } finally {
    disposeParams(frozen);
  }
}

/** Cuts a batch into micro-batches. */
function split(
  { ids, images, labels, height, width }: ClassifierBatch,
  size: number,
): { ids: readonly string[]; micro: Images[] } {
  const count = ids.length, pixels = height * width * 3, classes = labels.length / count;
  const micro: Images[] = [];
  for (let start = 0; start < count; start += size) {
    const end = Math.min(count, start + size);
    micro.push({
      images: images.slice(start * pixels, end * pixels),
      labels: labels.slice(start * classes, end * classes),
      shape: [end - start, height, width, 3],
      share: 1 / count,
    });
  }
  return { ids, micro };
}
