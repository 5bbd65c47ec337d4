import { augmentLabelled } from "../data/augment.ts";
import type { LabelMap } from "../data/image.ts";
import { random } from "../data/random.ts";
import { resizeLabel } from "../data/resize.ts";
import type { Backbone } from "../nn/backbone.ts";
import { initialise } from "../nn/initialise.ts";
import { pathIndex } from "../relation/path_index.ts";
import { withoutGradient } from "../tensor/mod.ts";
import type { ImageView, Task, TrainingSettings } from "../train/task.ts";
import { irnetLoss, LOSS_PARTS, type PairCounts, pairCounts } from "./losses.ts";
import { boundaryBranch, displacementBranch, headParameters, isDisplacementParameter } from "./network.ts";

/** Settings of {@linkcode irnetTask}. */
export interface IrnetTaskSettings {
  /**
   * Crop and schedule; `scale`: range of the random scale; `radius`: of pixel pairs, in pixels at stride 4;
   * `backgroundDisplacement`: weight of the loss of background displacements.
   */
  readonly training: TrainingSettings & {
    readonly scale: readonly [number, number];
    readonly radius: number;
    readonly backgroundDisplacement: number;
  };
  /** Channels of the widest displacement layers; 256 in the paper. */
  readonly displacementWidth: number;
}

/** A view of an image and its labels. */
export interface IrnetView extends ImageView {
  /** Labels at stride 4, [⌊crop/4⌋, ⌊crop/4⌋]. */
  readonly label: Uint8Array;
}

/** Labels that the four losses make pairs of. */
export interface IrnetTargets {
  /** One label map an image at stride 4, [⌊crop/4⌋, ⌊crop/4⌋]. */
  readonly labels: readonly Uint8Array[];
  /** Numbers of pairs of the whole batch, by which the losses are divided. */
  readonly counts: PairCounts;
}

/**
 * Both branches of IRNet on confident labels (paper: Joint Learning of the Two Branches); the backbone stays as it is.
 *
 * Labels are maps of an image's size: 0 background, 1… class, 255 uncertain. The four losses are pooled over the batch, so
 * micro-batches of any size give the batch's gradient.
 */
export function irnetTask(
  backbone: Backbone,
  settings: IrnetTaskSettings,
): Task<LabelMap, IrnetView, IrnetTargets> {
  const { training, displacementWidth } = settings, { crop, scale, backgroundDisplacement, optimiser } = training;
  const heads = headParameters(backbone.taps, displacementWidth), names = new Set(heads.map(({ name }) => name));
  const index = pathIndex(training.radius), side = Math.floor(crop / 4), size = { height: side, width: side };
  return {
    name: "irnet",
    origin: { module: import.meta.url, name: "irnetTask", settings },
    backbone,
    training,
    parameters: [...backbone.parameters, ...heads],
    initialise: (seed) => initialise(heads, { seed, method: "uniform" }),
    trains: ({ name }) => names.has(name),
    rate: (name) => isDisplacementParameter(name) ? optimiser.headFactor : 1,
    view: (sample, key) => {
      const { preprocess } = backbone;
      const { image, label } = augmentLabelled(sample, { preprocess, crop, scale, draw: random(...key) });
      return { image, label: resizeLabel({ width: crop, height: crop, data: label }, size).data };
    },
    collate: (batch) => {
      const counts = pairCounts(batch.map((view) => view.label), { index, size });
      return (part) => ({ labels: part.map((view) => view.label), counts });
    },
    parts: LOSS_PARTS,
    loss: (params, { images, targets: { labels, counts } }, note) => {
      const taps = withoutGradient(() => backbone.forward(params, images, { taps: true }).taps);
      const boundary = boundaryBranch(params, taps, backbone.taps); //         [b, crop/4, crop/4, 1]
      const displacement = displacementBranch(params, taps, backbone.taps); // [b, crop/4, crop/4, 2]
      return irnetLoss(boundary, displacement, { labels, index, counts, backgroundDisplacement, note });
    },
  };
}
