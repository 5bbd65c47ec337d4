import { type Backbone, type OptimiserSettings, trainLoop, type TrainLoopOptions } from "../../nn/mod.ts";
import { augmentLabelled, epochOrder, type LabelMap, random, type RgbImage } from "../../voc/mod.ts";
import { isTrainable, type Params } from "../../weights/mod.ts";
import { type MicroBatch, trainingLoss } from "./_training_loss.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/** Crop and schedule. */
export interface DeepLabSettings {
  /** Side of the square crop in pixels. */
  readonly crop: number;
  /** Images a step. */
  readonly batch: number;
  /** Images that pass through the network at once. */
  readonly microBatch: number;
  /** Passes over the images. */
  readonly epochs: number;
  /** Range of the random scale. */
  readonly scale: readonly [number, number];
  /** Method and schedule; `headFactor` multiplies the rate of the pyramid. */
  readonly optimiser: OptimiserSettings & { readonly headFactor: number };
}

/** Options of {@linkcode trainDeepLab}; those not described here are those of the loop. */
export interface DeepLabTraining
  extends
    Pick<TrainLoopOptions<unknown>, "workers" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal"> {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and pyramid; those trained are replaced in place. */
  readonly params: Params;
  /** Crop and schedule. */
  readonly settings: DeepLabSettings;
  /** Seed of all randomness. */
  readonly seed: number;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Photograph and labels of an image; 255 is left out. */
  sample(id: string): Promise<{ image: RgbImage; label: LabelMap }>;
}

/** Steps of a training. */
export function deepLabSteps(images: number, { batch, epochs }: Pick<DeepLabSettings, "batch" | "epochs">): number {
  return Math.max(1, Math.floor(images / batch)) * epochs;
}

/**
 * Trains backbone and pyramid on label maps, on random scales, mirror images and crops.
 *
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainDeepLab(training: DeepLabTraining): Promise<void> {
  const { backbone, params, settings, ids, seed } = training;
  const { crop, batch: batchSize, microBatch } = settings;
  const perEpoch = deepLabSteps(ids.length, { ...settings, epochs: 1 });

  async function batch(step: number) {
    const epoch = Math.floor(step / perEpoch), first = (step % perEpoch) * batchSize;
    const chosen = epochOrder(ids, { seed, epoch }).slice(first, first + batchSize);
    const views = await Promise.all(chosen.map(async (id, i) => {
      const draw = random(seed, "deeplab", epoch, first + i), { preprocess } = backbone;
      return augmentLabelled(await training.sample(id), { preprocess, crop, scale: settings.scale, draw });
    }));
    let count = 0;
    for (const { label } of views) for (const id of label) if (id !== 255) count++;
    const micro: MicroBatch[] = [];
    for (let i = 0; i < views.length; i += microBatch) {
      const part = views.slice(i, i + microBatch);
      const images = new Float32Array(part.length * crop * crop * 3),
        labels = new Uint8Array(part.length * crop * crop);
      part.forEach((view, j) => {
        images.set(view.image, j * crop * crop * 3);
        labels.set(view.label, j * crop * crop);
      });
      micro.push({ images, labels, count });
    }
    return { ids: chosen, micro };
  }

  const layers = Object.keys(params).filter((name) => name.startsWith("aspp."));
  await trainLoop<MicroBatch>({
    ...training,
    params,
    trainable: [...backbone.parameters.filter(isTrainable).map(({ name }) => name), ...layers],
    factor: (name) => name.startsWith("aspp.") ? settings.optimiser.headFactor : 1,
    optimiser: settings.optimiser,
    steps: deepLabSteps(ids.length, settings),
    batch,
    loss: trainingLoss(backbone, { crop }),
    ...(backbone.choice ? { lossInWorkers: { module, settings: { choice: backbone.choice, crop } } } : {}),
  });
}
