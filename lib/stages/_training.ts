/** Training of a network in a stage: where it starts from, its checkpoints, log and progress, and the weights it leaves. */
import { encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import type { StageContext } from "../run/stage.ts";
import { workersOf } from "../run/workers.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../train/checkpoint.ts";
import { trainingSteps } from "../train/epochs.ts";
import type { StepReport } from "../train/loop.ts";
import type { ImageView, Task } from "../train/task.ts";
import { train } from "../train/train.ts";
import { disposeParams, fromParams, type ParameterSpec, type Params, toParams } from "../weights/mod.ts";

/** Steps between checkpoints. */
const CHECKPOINT_EVERY = 20;

/** Network, images and labels of a stage that trains. */
interface StageTraining<L, V extends ImageView, T> {
  /** Name of the stage, which gets the files `state.safetensors`, `log.jsonl` and `weights.safetensors`. */
  readonly stage: string;
  /** The network. */
  readonly task: Task<L, V, T>;
  /** Weights to start from, in the layout of files; the task draws what they lack. */
  readonly weights: NamedTensors;
  /** True where the weights are those of an earlier training, which takes the place of this one. Default: false. */
  readonly trained?: boolean;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Reads the label of an image. */
  label(id: string): L | Promise<L>;
  /** Parameters to write. Default: the task's. */
  readonly keeps?: readonly ParameterSpec[];
  /** Works on the trained parameters; tensors that it returns are written with them. */
  finish?(params: Params): Promise<NamedTensors | void>;
}

/** Trains a network and writes its weights. A checkpoint that is damaged counts as absent: training begins again. */
export async function trainInStage<L, V extends ImageView, T>(
  context: StageContext,
  { stage, task, weights, trained = false, ids, label, keeps = task.parameters, finish }: StageTraining<L, V, T>,
): Promise<void> {
  const { config: { seed }, dataset, files } = context;
  const params = toParams(trained ? weights : { ...weights, ...task.initialise(seed) }, task.parameters);
  try {
    if (!trained) {
      const hooks = await hooksOf(context, stage, trainingSteps(ids.length, task.training));
      const workers = workersOf(context.config);
      await train(task, { params, seed, ids, image: dataset.readImage, label, workers, ...hooks });
    }
    const more = await finish?.(params);
    const result = { ...await fromParams(params, keeps), ...more };
    await files.write(stage, "weights.safetensors", encodeSafetensors(result));
  } finally {
    disposeParams(params);
  }
}

/** Checkpoints, log and progress of a training in the files of its stage. */
async function hooksOf({ files, progress, signal }: StageContext, stage: string, steps: number) {
  const state = await files.read(stage, "state.safetensors");
  const resume = state && decodeCheckpoint(state, files.path(stage, "state.safetensors"));
  progress(resume?.["step"]?.data[0] ?? 0, steps, state && !resume ? "damaged checkpoint: from the start" : "");
  return {
    ...(resume ? { resume } : {}),
    checkpointEvery: CHECKPOINT_EVERY,
    checkpoint: (tensors: NamedTensors) => files.write(stage, "state.safetensors", encodeCheckpoint(tensors)),
    onStep: async ({ step, loss, learningRate }: StepReport) => {
      await files.appendLog(stage, "log.jsonl", { step, loss, learningRate });
      progress(step + 1, steps, `loss ${loss.toFixed(4)}`);
    },
    signal,
  };
}
