import { trainLoop } from "../../nn/mod.ts";
import { pathIndex } from "../../relation/mod.ts";
import { augmentLabelled, epochBatch, random, resizeLabel, stackViews, trainingSteps } from "../../data/mod.ts";
import { disposeParams } from "../../weights/mod.ts";
import type { LabelledSettings, LabelledTraining } from "../labelled_training.ts";
import { type MicroBatch, trainingLoss } from "./_training_loss.ts";
import { affinityCounts } from "./loss.ts";
import { AFFINITY_STRIDE, affinityParameters } from "./network.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/** Crop, schedule and pairs. */
export interface AffinityNetSettings extends LabelledSettings {
  /** Radius of pixel pairs, in pixels at stride 8. */
  readonly radius: number;
}

/**
 * Trains AffinityNet on confident labels: the layers above the backbone, and those of the backbone that also change
 * when it is trained for CAMs.
 *
 * @param training Network and schedule; `params` hold those of {@linkcode affinityParameters}, labels are confident ones.
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainAffinityNet(training: LabelledTraining<AffinityNetSettings>): Promise<void> {
  const { backbone, params, settings, ids, seed } = training;
  const { crop, batch: batchSize, microBatch } = settings;
  const side = Math.floor(crop / AFFINITY_STRIDE), size = { height: side, width: side };
  const index = pathIndex(settings.radius);

  async function batch(step: number) {
    const { epoch, first, ids: chosen } = epochBatch(ids, { seed, step, batch: batchSize });
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
      micro.push({
        images: stackViews(part.map(({ image }) => image)),
        labels: part.map(({ label }) => label),
        counts,
      });
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
      steps: trainingSteps(ids.length, settings),
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
