import { type Backbone, trainLoop, type TrainLoopOptions } from "../../nn/mod.ts";
import { tf } from "../../tensor/mod.ts";
import { epochBatch, random, type RgbImage, stackViews, trainingSteps } from "../../data/mod.ts";
import { disposeParams, type Params } from "../../weights/mod.ts";
import { type MicroBatch, propose, trainingLoss } from "./_training_loss.ts";
import { augmentInstances, type InstanceTruth } from "./augment_instances.ts";
import { maskRcnnParameters, type MaskRcnnSettings } from "./network.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/** Options of {@linkcode trainMaskRcnn}; those not described here are those of the loop. */
export interface MaskRcnnTraining
  extends
    Pick<TrainLoopOptions<unknown>, "workers" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal"> {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and `maskRcnnParameters()`; those trained are replaced in place. */
  readonly params: Params;
  /** Crop, schedule and sizes. */
  readonly settings: MaskRcnnSettings;
  /** Number of classes without the background. */
  readonly classes: number;
  /** Seed of all randomness. */
  readonly seed: number;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Photograph and instances of an image. */
  sample(id: string): Promise<{ image: RgbImage; instances: InstanceTruth }>;
}

/**
 * Trains Mask R-CNN on instance masks, on random scales, mirror images and crops: the layers above the backbone, and
 * those of the backbone that also change when it is trained for CAMs. Statistics of batch norms stay as they are.
 *
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainMaskRcnn(training: MaskRcnnTraining): Promise<void> {
  const { backbone, params, settings, classes, ids, seed } = training;
  const { crop, batch: batchSize, microBatch, scale, optimiser } = settings.training;

  async function batch(step: number) {
    const { epoch, first, ids: chosen } = epochBatch(ids, { seed, step, batch: batchSize });
    const views = await Promise.all(chosen.map(async (id, i) => {
      const key = [seed, "mask_rcnn", epoch, first + i] as const, { preprocess } = backbone;
      const view = augmentInstances(await training.sample(id), { preprocess, crop, scale, draw: random(...key) });
      return { ...view, key };
    }));
    const micro: MicroBatch[] = [];
    for (let i = 0; i < views.length; i += microBatch) {
      const part = views.slice(i, i + microBatch);
      // Without the single images, which Workers would be sent a second time.
      micro.push({
        images: stackViews(part.map(({ image }) => image)),
        views: part.map(({ boxes, classes, masks, key }) => ({ boxes, classes, masks, key })),
        batch: views.length,
      });
    }
    return { ids: chosen, micro };
  }

  const lossSettings = { crop, settings, classes };
  const heads = maskRcnnParameters(backbone.taps, { ...settings, classes }).map(({ name }) => name);
  const trainable = [...backbone.parameters.map(({ name }) => name).filter(backbone.trainsForCam), ...heads];
  const frozen = backbone.fold(
    Object.fromEntries(Object.entries(params).filter(([name]) => !trainable.includes(name))),
  );
  try {
    await trainLoop<MicroBatch>({
      ...training,
      params,
      trainable,
      factor: (name) => heads.includes(name) ? optimiser.headFactor : 1,
      optimiser,
      steps: trainingSteps(ids.length, settings.training),
      batch,
      frozen,
      loss: trainingLoss(backbone, lossSettings),
      ...(tf.getBackend() === "webgpu" ? { prepare: propose(backbone, lossSettings) } : {}),
      ...(backbone.choice ? { lossInWorkers: { module, settings: { choice: backbone.choice, ...lossSettings } } } : {}),
    });
  } finally {
    disposeParams(frozen);
  }
}
