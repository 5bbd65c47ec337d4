/** Training of a network in a stage: where it starts from, its checkpoints, log and progress, and the weights it leaves. */
import { readJsonLines } from "../files/json_lines.ts";
import { encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import type { StageContext } from "../run/stage.ts";
import { workersOf } from "../run/workers.ts";
import { decodeCheckpoint, encodeCheckpoint, NonFiniteError } from "../train/checkpoint.ts";
import { trainingSteps } from "../train/epochs.ts";
import type { StepReport } from "../train/loop.ts";
import type { ImageView, Task } from "../train/task.ts";
import { train } from "../train/train.ts";
import { type LossProblem, lossProblem } from "../train/watch.ts";
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
  /** Key of its settings, such as `irnet.training`, for advice. */
  readonly key: string;
  /** Loss of the best answer that is the same for all images; absent: unknown. */
  readonly constant?: number;
  /**
   * Asked where the loss is not below that: what speaks against the parameters too, such as their average precision, in
   * words; `null`: they learned something after all. Absent: the loss decides.
   */
  doubt?(params: Params): Promise<string | null>;
  /** Parameters to write. Default: the task's. */
  readonly keeps?: readonly ParameterSpec[];
  /** Works on the trained parameters; tensors that it returns are written with them. */
  finish?(params: Params): Promise<NamedTensors | void>;
}

/**
 * Trains a network and writes its weights. A checkpoint that is damaged counts as absent: training begins again.
 *
 * @throws Error where the losses say that it diverged, as soon as they do, or that it learned nothing; there are no
 * weights then, and the checkpoint stays.
 */
export async function trainInStage<L, V extends ImageView, T>(
  context: StageContext,
  training: StageTraining<L, V, T>,
): Promise<void> {
  const { stage, task, weights, trained = false, ids, label, keeps = task.parameters, finish } = training;
  const { config: { seed }, dataset, files } = context;
  const params = toParams(trained ? weights : { ...weights, ...task.initialise(seed) }, task.parameters);
  try {
    if (!trained) {
      const losses: number[] = [];
      const watch = async (isOver: boolean) => {
        const problem = lossProblem(losses, { constant: training.constant, isOver });
        const isDoubted = problem?.kind === "learned nothing" && training.doubt !== undefined;
        const doubt = isDoubted ? await training.doubt!(params) : "";
        if (problem && doubt !== null) throw failed(problem, { doubt, losses, training, context });
      };
      const hooks = await hooksOf(context, { stage, steps: trainingSteps(ids.length, task.training), losses, watch });
      const workers = workersOf(context.config);
      try {
        await train(task, { params, seed, ids, image: dataset.readImage, label, workers, ...hooks });
      } catch (error) {
        if (!(error instanceof NonFiniteError)) throw error;
        throw new Error(`${error.message}; the training diverged: try a lower ${rateOf(training)}`, { cause: error });
      }
      await watch(true);
    }
    const more = await finish?.(params);
    const result = { ...await fromParams(params, keeps), ...more };
    await files.write(stage, "weights.safetensors", encodeSafetensors(result));
  } finally {
    disposeParams(params);
  }
}

/** Checkpoints, log and progress of a training in the files of its stage; `losses` are those of all steps so far. */
async function hooksOf(
  { files, progress, signal }: StageContext,
  { stage, steps, losses, watch }: {
    stage: string;
    steps: number;
    losses: number[];
    watch: (isOver: boolean) => Promise<void>;
  },
) {
  const state = await files.read(stage, "state.safetensors");
  const resume = state && decodeCheckpoint(state, files.path(stage, "state.safetensors"));
  const done = resume?.["step"]?.data[0] ?? 0;
  for (const line of await readJsonLines(files.path(stage, "log.jsonl")) as StepReport[]) {
    if (line?.step === losses.length && line.step < done) losses.push(line.loss);
  }
  progress(done, steps, state && !resume ? "damaged checkpoint: from the start" : "");
  return {
    ...(resume ? { resume } : {}),
    checkpointEvery: CHECKPOINT_EVERY,
    checkpoint: (tensors: NamedTensors) => files.write(stage, "state.safetensors", encodeCheckpoint(tensors)),
    onStep: async (report: StepReport) => {
      const { step, loss } = report;
      await files.appendLog(stage, "log.jsonl", report);
      progress(step + 1, steps, `loss ${loss.toFixed(4)}`);
      if (step === losses.length) losses.push(loss);
      await watch(false);
    },
    signal,
  };
}

/** The setting that is wrong most often, with its value. */
function rateOf<L, V extends ImageView, T>({ key, task }: StageTraining<L, V, T>): string {
  return `${key}.optimiser.learningRate (now ${task.training.optimiser.learningRate})`;
}

/** The error of a training that went wrong: what was seen, and what to change. */
function failed<L, V extends ImageView, T>(
  { kind, start, end, last }: LossProblem,
  { doubt, losses, training, context: { files } }: {
    doubt: string;
    losses: readonly number[];
    training: StageTraining<L, V, T>;
    context: StageContext;
  },
): Error {
  const { stage, task: { training: { epochs } }, key, constant } = training, isClassifier = constant !== undefined;
  const least = isClassifier ? ` clearly below ${constant.toFixed(3)}, that of one answer for all images,` : "";
  const rate = rateOf(training),
    images = isClassifier
      ? "more images of every class and some without it (init --negatives folder), "
      : "more images, ";
  const advice = kind === "diverged"
    ? `a lower ${rate}`
    : `${images}more ${key}.epochs (now ${epochs}) or another ${rate}`;
  return new Error(
    `Expected the loss to fall${least} but found ${start.toFixed(3)} at the start and ${end.toFixed(3)} in the last ` +
      `${last} of ${losses.length} steps${
        doubt && `; ${doubt}`
      }: the training ${kind}. Try ${advice}. No weights are written; the ` +
      `checkpoint stays in ${files.path(stage, "state.safetensors")}`,
  );
}
