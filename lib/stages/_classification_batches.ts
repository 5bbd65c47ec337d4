import type { ClassifierBatch } from "../cam/mod.ts";
import type { StageContext } from "../run/stage.ts";
import { epochBatch, type RgbImage, trainingSteps } from "../data/mod.ts";
import { remembered } from "./_remembered.ts";
import { multiHot } from "./_training.ts";

/** The images that the classifier trains on. */
export function classifierIds({ config: { data }, dataset }: StageContext): string[] {
  return dataset.list(data.classifierList ?? data.trainList);
}

/**
 * Batches of augmented images with their class labels, the same for the same step.
 *
 * @param settings Crop, batch and epochs; the last partial batch of an epoch is left out.
 * @param augment A view of an image, [crop, crop, 3], for a key of epoch and index.
 */
export function classificationBatches(
  context: StageContext,
  { crop, batch: size, epochs }: { crop: number; batch: number; epochs: number },
  augment: (image: RgbImage, key: [epoch: number, index: number]) => Float32Array,
): { steps: number; batch: (step: number) => Promise<ClassifierBatch> } {
  const { config, dataset } = context, ids = classifierIds(context);
  const classes = dataset.classes.length, photograph = remembered(dataset.readImage);
  return {
    steps: trainingSteps(ids.length, { batch: size, epochs }),
    batch: async (step) => {
      const { epoch, first, ids: chosen } = epochBatch(ids, { seed: config.seed, step, batch: size });
      const images = new Float32Array(chosen.length * crop * crop * 3);
      const labels = new Float32Array(chosen.length * classes);
      for (const [i, id] of chosen.entries()) {
        images.set(augment(await photograph(id), [epoch, first + i]), i * crop * crop * 3);
        labels.set(multiHot(dataset.labels(id), classes), i * classes);
      }
      return { ids: chosen, images, labels, height: crop, width: crop };
    },
  };
}
