import { augmentLabelled, type LabelMap, random, resizeLabel } from "../../data/mod.ts";
import { type Backbone, initialise } from "../../nn/mod.ts";
import { pathIndex } from "../../relation/mod.ts";
import type { ImageView, Task, TrainingSettings } from "../../train/mod.ts";
import { type AffinityCounts, affinityCounts, affinityNetLoss } from "./loss.ts";
import { AFFINITY_STRIDE, affinityFeatures, affinityGain, affinityParameters } from "./network.ts";

/** Settings of {@linkcode affinityNetTask}. */
export interface AffinityNetTaskSettings {
  /** Crop and schedule; `scale`: range of the random scale. */
  readonly training: TrainingSettings & { readonly scale: readonly [number, number] };
  /** Radius of pixel pairs, in pixels at stride 8. */
  readonly radius: number;
}

/** A view of an image and its labels. */
export interface AffinityView extends ImageView {
  /** Labels at stride 8, [⌊crop/8⌋, ⌊crop/8⌋]. */
  readonly label: Uint8Array;
}

/** Labels that the loss makes pairs of. */
export interface AffinityTargets {
  /** One label map an image at stride 8, [⌊crop/8⌋, ⌊crop/8⌋]. */
  readonly labels: readonly Uint8Array[];
  /** Numbers of pairs of the whole batch, by which the losses are divided. */
  readonly counts: AffinityCounts;
}

/**
 * AffinityNet on confident labels: the layers above the backbone, and those of the backbone that also change when it is
 * trained for CAMs. Labels are maps of an image's size: 0 background, 1… class, 255 uncertain.
 */
export function affinityNetTask(
  backbone: Backbone,
  settings: AffinityNetTaskSettings,
): Task<LabelMap, AffinityView, AffinityTargets> {
  const { training, radius } = settings, { crop, scale, optimiser } = training;
  const heads = affinityParameters(backbone.taps), names = new Set(heads.map(({ name }) => name));
  const index = pathIndex(radius), side = Math.floor(crop / AFFINITY_STRIDE), size = { height: side, width: side };
  return {
    name: "affinitynet",
    origin: { module: import.meta.url, name: "affinityNetTask", settings },
    backbone,
    training,
    parameters: [...backbone.parameters, ...heads],
    initialise: (seed) => initialise(heads, { seed, method: "he", gain: affinityGain }),
    trains: ({ name }) => names.has(name) || backbone.trainsForCam(name),
    rate: (name) => names.has(name) ? optimiser.headFactor : 1,
    view: (sample, key) => {
      const { preprocess } = backbone;
      const { image, label } = augmentLabelled(sample, { preprocess, crop, scale, draw: random(...key) });
      return { image, label: resizeLabel({ width: crop, height: crop, data: label }, size).data };
    },
    collate: (batch) => {
      const counts = affinityCounts(batch.map((view) => view.label), { index, size });
      return (part) => ({ labels: part.map((view) => view.label), counts });
    },
    loss: (params, { images, targets: { labels, counts } }) => {
      const { taps } = backbone.forward(params, images, { taps: true, detach: true });
      const features = affinityFeatures(params, taps, [side, side]); // [b, crop/8, crop/8, 448]
      return affinityNetLoss(features, { labels, index, counts });
    },
  };
}
