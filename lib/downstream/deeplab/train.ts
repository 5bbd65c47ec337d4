import { trainLoop } from "../../nn/mod.ts";
import { augmentLabelled, epochBatch, random, stackViews, trainingSteps } from "../../data/mod.ts";
import { isTrainable } from "../../weights/mod.ts";
import type { LabelledSettings, LabelledTraining } from "../labelled_training.ts";
import { type MicroBatch, trainingLoss } from "./_training_loss.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/**
 * Trains backbone and pyramid on label maps, on random scales, mirror images and crops.
 *
 * @param training Network and schedule; `params` hold those of `pyramidParameters()`.
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainDeepLab(training: LabelledTraining<LabelledSettings>): Promise<void> {
  const { backbone, params, settings, ids, seed } = training;
  const { crop, batch: batchSize, microBatch } = settings;

  async function batch(step: number) {
    const { epoch, first, ids: chosen } = epochBatch(ids, { seed, step, batch: batchSize });
    const views = await Promise.all(chosen.map(async (id, i) => {
      const draw = random(seed, "deeplab", epoch, first + i), { preprocess } = backbone;
      return augmentLabelled(await training.sample(id), { preprocess, crop, scale: settings.scale, draw });
    }));
    let count = 0;
    for (const { label } of views) for (const id of label) if (id !== 255) count++;
    const micro: MicroBatch[] = [];
    for (let i = 0; i < views.length; i += microBatch) {
      const part = views.slice(i, i + microBatch), labels = new Uint8Array(part.length * crop * crop);
      part.forEach(({ label }, j) => labels.set(label, j * crop * crop));
      micro.push({ images: stackViews(part.map(({ image }) => image)), labels, count });
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
    steps: trainingSteps(ids.length, settings),
    batch,
    loss: trainingLoss(backbone, { crop }),
    ...(backbone.choice ? { lossInWorkers: { module, settings: { choice: backbone.choice, crop } } } : {}),
  });
}
