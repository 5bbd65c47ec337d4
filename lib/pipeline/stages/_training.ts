/** What all trainings share: the state to resume from, checkpoints, log and progress. */
import type { StepReport } from "../../nn/mod.ts";
import type { StageContext } from "../../stage.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from "../../weights/mod.ts";

/** Steps between checkpoints. */
const CHECKPOINT_EVERY = 20;

/** Options of a training loop that read and write the stage's `state.safetensors` and `log.jsonl`. */
export async function resumable(context: StageContext, stage: string, steps: number) {
  const { files, signal } = context;
  const state = await files.read(stage, "state.safetensors");
  return {
    ...(state ? { resume: decodeSafetensors(state, files.path(stage, "state.safetensors")).tensors } : {}),
    checkpointEvery: CHECKPOINT_EVERY,
    checkpoint: (tensors: NamedTensors) => files.write(stage, "state.safetensors", encodeSafetensors(tensors)),
    onStep: async ({ step, loss, learningRate }: StepReport) => {
      await files.appendLog(stage, "log.jsonl", { step, loss, learningRate });
      context.progress(step + 1, steps, `loss ${loss.toFixed(4)}`);
    },
    signal,
  };
}

/** 1 for every class that is in the image, else 0. */
export function multiHot(labels: readonly number[], classes: number): Float32Array {
  const row = new Float32Array(classes);
  for (const label of labels) row[label] = 1;
  return row;
}
