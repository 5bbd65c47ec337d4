import type { Backbone, OptimiserSettings, TrainLoopOptions } from "../nn/mod.ts";
import type { LabelMap, RgbImage, Schedule } from "../data/mod.ts";
import type { Params } from "../weights/mod.ts";

/** Crop and schedule of a training on label maps. */
export interface LabelledSettings extends Schedule {
  /** Side of the square crop in pixels. */
  readonly crop: number;
  /** Images that pass through the network at once. */
  readonly microBatch: number;
  /** Range of the random scale. */
  readonly scale: readonly [number, number];
  /** Method and schedule; `headFactor` multiplies the rate of the layers above the backbone. */
  readonly optimiser: OptimiserSettings & { readonly headFactor: number };
}

/** A training on label maps; what is not described here is of the loop. */
export interface LabelledTraining<S extends LabelledSettings>
  extends
    Pick<TrainLoopOptions<unknown>, "workers" | "resume" | "checkpointEvery" | "checkpoint" | "onStep" | "signal"> {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of the backbone and of the layers above; those trained are replaced in place. */
  readonly params: Params;
  /** Crop and schedule. */
  readonly settings: S;
  /** Seed of all randomness. */
  readonly seed: number;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Photograph and labels of an image; 255 is left out. */
  sample(id: string): Promise<{ image: RgbImage; label: LabelMap }>;
}
