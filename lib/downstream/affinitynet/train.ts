import { type Backbone, type OptimiserSettings, trainLoop, type TrainLoopOptions } from "../../nn/mod.ts";
import { pathIndex } from "../../relation/mod.ts";
import { augmentLabelled, epochOrder, type LabelMap, random, resizeLabel, type RgbImage } from "../../voc/mod.ts";
import { disposeParams, type Params } from "../../weights/mod.ts";
import { type MicroBatch, trainingLoss } from "./_training_loss.ts";
import { affinityCounts } from "./loss.ts";
import { AFFINITY_STRIDE, affinityParameters } from "./network.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/** Crop, schedule and pairs. */
export interface AffinityNetSettings {
  /** Side of the square crop in pixels; a multiple of 8. */
  readonly crop: number;
  /** Images a step. */
  readonly batch: number;
  /** Images that pass through the network at once. */
  readonly microBatch: number;
  /** Passes over the images. */
  readonly epochs: number;
  /** Range of the random scale. */
  readonly scale: readonly [number, number];
  /** Radius of pixel pairs, in pixels at stride 8. */
  readonly radius: number;
  /** Method and schedule; `headFactor` multiplies the rate of the layers above the backbone. */
  readonly optimiser: OptimiserSettings & { readonly headFactor: number };
}

/** Options of {@linkcode trainAffinityNet}; those not described here are those of the loop. */
export interface AffinityNetTraining
  extends
    Pick<TrainLoopOptions<unknown>, "workers" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal"> {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and {@linkcode affinityParameters}; those trained are replaced in place. */
  readonly params: Params;
  /** Crop, schedule and pairs. */
  readonly settings: AffinityNetSettings;
  /** Seed of all randomness. */
  readonly seed: number;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Photograph and confident labels of an image. */
  sample(id: string): Promise<{ image: RgbImage; label: LabelMap }>;
}

/**
 * Trains AffinityNet on confident labels: the layers above the backbone, and those of the backbone that also change
 * when it is trained for CAMs.
 *
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainAffinityNet(training: AffinityNetTraining): Promise<void> {
  const { backbone, params, settings, ids, seed } = training;
  const { crop, batch: batchSize, microBatch } = settings;
  const side = Math.floor(crop / AFFINITY_STRIDE), size = { height: side, width: side };
  const index = pathIndex(settings.radius);
  const perEpoch = Math.max(1, Math.floor(ids.length / batchSize));

  async function batch(step: number) {
    const epoch = Math.floor(step / perEpoch), first = (step % perEpoch) * batchSize;
    const chosen = epochOrder(ids, { seed, epoch }).slice(first, first + batchSize);
    const views = await Promise.all(chosen.map(async (id, i) => {
      const draw = random(seed, "affinitynet", epoch, first + i);
      const { preprocess } = backbone;
      const view = augmentLabelled(await training.sample(id), { preprocess, crop, scale: settings.scale, draw });
      return { image: view.image, label: resizeLabel({ width: crop, height: crop, data: view.label }, size).data };
    }));
    const counts = affinityCounts(views.map(({ label }) => label), { index, size });
    const micro: MicroBatch[] = [];
    for (let i = 0; i < views.length; i += microBatch) {
      const part = views.slice(i, i + microBatch);
      const images = new Float32Array(part.length * crop * crop * 3);
      part.forEach(({ image }, j) => images.set(image, j * crop * crop * 3));
      micro.push({ images, labels: part.map(({ label }) => label), counts });
    }
    return { ids: chosen, micro };
  }

  const heads = affinityParameters(backbone.taps).map(({ name }) => name);
  const trainable = [...backbone.parameters.map(({ name }) => name).filter(backbone.trainsForCam), ...heads];
  const frozen = backbone.fold(
    Object.fromEntries(Object.entries(params).filter(([name]) => !trainable.includes(name))),
  );
  try {
    await trainLoop<MicroBatch>({
      ...training,
      params,
      trainable,
      factor: (name) => heads.includes(name) ? settings.optimiser.headFactor : 1,
      optimiser: settings.optimiser,
      steps: perEpoch * settings.epochs,
      batch,
      frozen,
      loss: trainingLoss(backbone, { crop, radius: settings.radius }),
      ...(backbone.choice
        ? { lossInWorkers: { module, settings: { choice: backbone.choice, crop, radius: settings.radius } } }
        : {}),
    });
  } finally {
    disposeParams(frozen);
  }
}
