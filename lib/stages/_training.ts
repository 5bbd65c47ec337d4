/** What all trainings share: the state to resume from, checkpoints, log and progress. */
import type { StepReport } from "../nn/mod.ts";
import type { StageContext } from "../run/stage.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";
import { sha256 } from "../files/hash.ts";
import { workersOf } from "../run/workers.ts";

/** Steps between checkpoints. */
const CHECKPOINT_EVERY = 20;

/**
 * Options of a training loop that read and write the stage's `state.safetensors` and `log.jsonl`. A checkpoint that is
 * damaged counts as absent: training begins again.
 */
export async function resumable(context: StageContext, stage: string, steps: number) {
  const { files, signal } = context;
  const state = await files.read(stage, "state.safetensors");
  const resume = state && checkpointIn(state, files.path(stage, "state.safetensors"));
  context.progress(resume?.["step"]?.data[0] ?? 0, steps, state && !resume ? "damaged checkpoint: from the start" : "");
  return {
    ...(resume ? { resume } : {}),
    checkpointEvery: CHECKPOINT_EVERY,
    checkpoint: (tensors: NamedTensors) => files.write(stage, "state.safetensors", encodeCheckpoint(tensors)),
    onStep: async ({ step, loss, learningRate }: StepReport) => {
      await files.appendLog(stage, "log.jsonl", { step, loss, learningRate });
      context.progress(step + 1, steps, `loss ${loss.toFixed(4)}`);
    },
    signal,
    workers: workersOf(context.config),
  };
}

/** A checkpoint holds the checksum of what it would be without. */
function encodeCheckpoint(tensors: NamedTensors): Uint8Array {
  return encodeSafetensors(tensors, { sha256: sha256(encodeSafetensors(tensors)) });
}

/** The tensors of a checkpoint, or `null` if it is damaged. Those of earlier versions have no checksum. */
function checkpointIn(bytes: Uint8Array, name: string): NamedTensors | null {
  let file: TensorFile;
  try {
    file = decodeSafetensors(bytes, name);
  } catch {
    return null;
  }
  const { sha256: expected } = file.metadata;
  return expected === undefined || expected === sha256(encodeSafetensors(file.tensors)) ? file.tensors : null;
}

/** 1 for every class that is in the image, else 0. */
export function multiHot(labels: readonly number[], classes: number): Float32Array {
  const row = new Float32Array(classes);
  for (const label of labels) row[label] = 1;
  return row;
}
