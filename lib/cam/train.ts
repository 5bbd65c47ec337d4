import * as tf from "../tensor/tf.ts";
import type { Backbone } from "../nn/backbone.ts";
import type { OptimiserSettings } from "../nn/optimiser.ts";
import { trainLoop, type TrainLoopOptions } from "../nn/train_loop.ts";
import { isTrainable } from "../weights/parameter_spec.ts";
import { disposeParams, type Params } from "../weights/params.ts";
import { multilabelSoftMargin } from "./loss.ts";
import { camLogits } from "./network.ts";

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
export interface ClassifierOptions
  extends Pick<TrainLoopOptions<unknown>, "steps" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal"> {
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
      factor: (name) => name === "classifier.weight" ? headFactor : 1,
      batch: async (step) => split(await options.batch(step), options.microBatch),
      loss: (current, { images, labels, shape, share }) =>
        tf.tidy(() => {
          const network = { backbone, params: { ...current, ...frozen } };
          const logits = camLogits(network, tf.tensor4d(images, shape), { detach });
          return multilabelSoftMargin(logits, tf.tensor2d(labels, logits.shape)).mul<tf.Scalar>(share);
        }),
    });
  } finally {
    disposeParams(frozen);
  }
}

interface Images {
  readonly images: Float32Array;
  readonly labels: Float32Array;
  readonly shape: [number, number, number, number];
  /** One over the number of images in the whole batch. */
  readonly share: number;
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
      images: images.subarray(start * pixels, end * pixels),
      labels: labels.subarray(start * classes, end * classes),
      shape: [end - start, height, width, 3],
      share: 1 / count,
    });
  }
  return { ids, micro };
}
