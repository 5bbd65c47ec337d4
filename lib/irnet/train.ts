/**
 * Joint training of both branches (paper: Joint Learning of the Two Branches).
 * @module
 */
import type { Config } from "../config/config.ts";
import { type Backbone, type Batch, type StepReport, trainLoop } from "../nn/mod.ts";
import { pathIndex } from "../relation/mod.ts";
import {
  augmentLabelled,
  epochBatch,
  type LabelMap,
  random,
  resizeLabel,
  type RgbImage,
  type Schedule,
  stackViews,
  trainingSteps,
} from "../data/mod.ts";
import { disposeParams, type Params } from "../weights/mod.ts";
import type { NamedTensors } from "../files/safetensors.ts";
import { type MicroBatch, trainingLoss } from "./_training_loss.ts";
import { pairCounts } from "./losses.ts";
import { headParameters, isDisplacementParameter } from "./network.ts";

const module = new URL("./_training_loss.ts", import.meta.url);

/** Options of {@linkcode trainIrnet}. */
export interface IrnetTraining {
  /** The frozen backbone. */
  readonly backbone: Backbone;
  /** Parameters of backbone and branches; those of the branches are trained in place. */
  readonly params: Params;
  /** Settings, `irnet.training` of the configuration. */
  readonly settings: Config["irnet"]["training"];
  /** Displacement width, as the branches' parameters were made for. */
  readonly displacementWidth: number;
  /** Seed of order and augmentation. */
  readonly seed: number;
  /** The training images. */
  readonly ids: readonly string[];
  /** Reads an image and its label map (0 background, 1… class, 255 uncertain), both of one size. */
  sample(id: string): Promise<{ image: RgbImage; label: LabelMap }>;
  /** State of an interrupted training. */
  readonly resume?: NamedTensors;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Stores a state. */
  checkpoint(state: NamedTensors): Promise<void>;
  /** Told after every step. */
  onStep(report: StepReport): void | Promise<void>;
  /** Stops after the current step. */
  readonly signal: AbortSignal;
  /** Number of Workers, see {@linkcode trainLoop}. */
  readonly workers?: number;
}

/** Number of steps: whole batches an epoch, at least one. */
export function irnetSteps(images: number, schedule: Schedule): number {
  return trainingSteps(images, schedule);
}

/**
 * Trains both branches on confident labels; the backbone stays as it is.
 *
 * The four losses are pooled over the batch, so micro-batches of any size give the batch's gradient.
 *
 * @throws Error naming step and images where the loss is not finite.
 */
export async function trainIrnet(training: IrnetTraining): Promise<void> {
  const { backbone, params, settings, ids, seed } = training;
  const { crop, radius } = settings;
  const side = Math.floor(crop / 4);
  const index = pathIndex(radius);
  const size = { height: side, width: side };

  async function batch(step: number): Promise<Batch<MicroBatch>> {
    const { epoch, first, ids: chosen } = epochBatch(ids, { seed, step, batch: settings.batch });
    const views = [];
    for (const [i, id] of chosen.entries()) {
      const draw = random(seed, "irnet", epoch, first + i);
      const view = augmentLabelled(await training.sample(id), {
        preprocess: backbone.preprocess,
        crop,
        scale: settings.scale,
        draw,
      });
      const label = resizeLabel({ width: crop, height: crop, data: view.label }, { height: side, width: side });
      views.push({ image: view.image, label: label.data });
    }
    const counts = pairCounts(views.map((view) => view.label), { index, size });
    const micro: MicroBatch[] = [];
    for (let i = 0; i < views.length; i += settings.microBatch) {
      const part = views.slice(i, i + settings.microBatch);
      micro.push({
        images: stackViews(part.map((view) => view.image)),
        labels: part.map((view) => view.label),
        counts,
      });
    }
    return { ids: chosen, micro };
  }

  const loss = { crop, radius, backgroundDisplacement: settings.backgroundDisplacement };
  const frozen = backbone.fold(params);
  try {
    await trainLoop<MicroBatch>({
      params,
      trainable: headParameters(backbone.taps, training.displacementWidth).map(({ name }) => name),
      factor: (name) => isDisplacementParameter(name) ? settings.optimiser.headFactor : 1,
      optimiser: settings.optimiser,
      steps: irnetSteps(ids.length, settings),
      batch,
      frozen,
      loss: trainingLoss(backbone, loss),
      ...(backbone.choice ? { lossInWorkers: { module, settings: { choice: backbone.choice, ...loss } } } : {}),
      ...(training.workers === undefined ? {} : { workers: training.workers }),
      ...(training.resume ? { resume: training.resume } : {}),
      checkpointEvery: training.checkpointEvery,
      checkpoint: training.checkpoint,
      onStep: training.onStep,
      signal: training.signal,
    });
  } finally {
    disposeParams(frozen);
  }
}
