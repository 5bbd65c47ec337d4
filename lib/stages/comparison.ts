/** The pipeline of the command `compare`: IRNet's stages up to its labels, and the networks that are trained on them. */
import type { Stage } from "../run/stage.ts";
import { describeComparison } from "../results/describe_comparison.ts";
import { stages as irnetStages } from "./mod.ts";
import { LABEL_SOURCES } from "./downstream/_label_sources.ts";
import { affinityNetStage, trainAffinityNetStage } from "./downstream/affinitynet.ts";
import { compare } from "./downstream/compare.ts";
import { inferDeepLabStage, trainDeepLabStage } from "./downstream/deeplab.ts";
import { inferMaskRcnnStage, MASK_SOURCES, trainMaskRcnnStage } from "./downstream/mask_rcnn.ts";
import { measureComparison } from "./downstream/measure_comparison.ts";

/** The stages in the order in which they run. */
export const stages: readonly Stage[] = [
  ...irnetStages.filter(({ name }) => !["measure", "evaluation"].includes(name)),
  trainAffinityNetStage,
  affinityNetStage,
  ...LABEL_SOURCES.flatMap((source) => [trainDeepLabStage(source), inferDeepLabStage(source)]),
  ...MASK_SOURCES.flatMap((source) => [trainMaskRcnnStage(source), inferMaskRcnnStage(source)]),
  measureComparison,
  compare,
];

/** Names of the stages that judge results. */
export const evaluationStages: readonly string[] = [measureComparison.name, compare.name];

/** What the command shows in the end. */
export const describeResults = (_command: string, workdir: string): Promise<string> => describeComparison(workdir);

export { comparisonExpectations as expectations } from "./comparison_expectations.ts";
export { openDataset, prepare } from "./mod.ts";
