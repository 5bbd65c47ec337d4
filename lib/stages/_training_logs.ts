import type { TrainingLog } from "../figures/mod.ts";
import type { StageContext } from "../run/stage.ts";
import { readJsonLines } from "../files/json_lines.ts";

const TRAININGS = [
  { stage: "backbone_train", title: "Loss of the backbone" },
  { stage: "cam_train", title: "Loss of the classifier" },
  { stage: "irnet_train", title: "Loss of IRNet" },
];

/** What the trainings logged, those that there are; damaged lines are left out. */
export async function trainingLogs(context: Pick<StageContext, "files">): Promise<TrainingLog[]> {
  const logs = await Promise.all(TRAININGS.map((training) => readTrainingLog(context, training)));
  return logs.filter(({ steps }) => steps.length > 0);
}

/** What a training logged; no steps where there is no log. */
export async function readTrainingLog(
  { files }: Pick<StageContext, "files">,
  { stage, title }: { stage: string; title: string },
): Promise<TrainingLog> {
  const lines = await readJsonLines(files.path(stage, "log.jsonl"));
  return { title, steps: lines.filter(isStep) };
}

function isStep(line: unknown): line is TrainingLog["steps"][number] {
  const { step, loss, learningRate } = (line ?? {}) as Record<string, unknown>;
  return [step, loss, learningRate].every((value) => typeof value === "number");
}
