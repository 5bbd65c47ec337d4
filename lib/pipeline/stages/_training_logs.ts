import type { TrainingLog } from "../../figures/mod.ts";
import type { StageContext } from "../../stage.ts";

const TRAININGS = [
  { stage: "backbone_train", title: "Loss of the backbone" },
  { stage: "cam_train", title: "Loss of the classifier" },
  { stage: "irnet_train", title: "Loss of IRNet" },
];

/** What the trainings logged, those that there are. */
export async function trainingLogs({ files }: Pick<StageContext, "files">): Promise<TrainingLog[]> {
  const logs = await Promise.all(TRAININGS.map(async ({ stage, title }) => {
    const bytes = await files.read(stage, "log.jsonl");
    const lines = bytes ? new TextDecoder().decode(bytes).split("\n").filter(Boolean) : [];
    return { title, steps: lines.map((line): TrainingLog["steps"][number] => JSON.parse(line)) };
  }));
  return logs.filter(({ steps }) => steps.length > 0);
}
