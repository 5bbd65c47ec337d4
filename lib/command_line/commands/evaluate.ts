import { UsageError } from "../../config/usage_error.ts";
import { defined, type Flags } from "../../config/flags.ts";
import type { Command, Invocation } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, CURVE_FLAGS, EVALUATION_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { interruptible, progressOnTerminal, runPermissions, runStages, STAGES } from "../run_stages.ts";

const PREDICTION_FLAGS = {
  predictions: {
    value: "path",
    help: "judge these in place of pseudo labels: COCO's results, or VOC's folder of PNGs",
    path: "reads",
  },
  truth: {
    value: "file",
    help: "with --predictions: ground truth in COCO's format, default that of the data set",
    path: "reads",
  },
  rules: {
    value: "name",
    help: "with --predictions: voc (default), or coco: AP and AR as pycocotools gives them",
    default: "voc",
  },
  out: { value: "file", help: "with --predictions: also write the scores as JSON", path: "writes" },
} satisfies Flags;

export const evaluate: Command = {
  usage: "[flags]",
  help:
    "Judges pseudo labels, or what another program predicted, against the ground truth, as a whole and class by class.",
  flags: {
    ...PREDICTION_FLAGS,
    ...EVALUATION_FLAGS,
    ...CONFIG_FLAGS,
    ...without(RUN_FLAGS, "stages"),
    ...CURVE_FLAGS,
    ...COMMON_FLAGS,
  },
  permissions: runPermissions,
  run: async (invocation) => {
    const { given, evaluationStages, module } = invocation;
    if (given.has("predictions")) return await judgePredictions(invocation);
    const alone = ["truth", "rules", "out"].find((flag) => given.has(flag));
    if (alone) throw new UsageError(`Expected --predictions with --${alone} but found none`);
    const sweeps = (given.has("sweep") || given.has("powers")) && module === STAGES ? ["sweep", "sweep_table"] : [];
    const stages = given.has("powers") ? sweeps : [...evaluationStages, ...sweeps];
    return await runStages(invocation, { stages, shows: "evaluate" });
  },
};

/** Scores of what another program predicted, as text. */
async function judgePredictions({ given, config }: Invocation): Promise<string> {
  const predictions = given.value("predictions")!, truth = given.value("truth"), out = given.value("out");
  if (truth !== undefined && given.has("list")) {
    throw new UsageError("Expected no --list with --truth: the file names its images");
  }
  const { exists } = await import("../../files/disk.ts");
  for (const [flag, path] of [["predictions", predictions], ["truth", truth]] as const) {
    if (path !== undefined && !await exists(path)) {
      throw new UsageError(`Expected a file or folder for --${flag} but found none at ${path}`);
    }
  }
  if (truth === undefined) (await import("../../config/check_paths.ts")).checkPaths(config);
  const { formatPredictionScores, RULES, scorePredictions } = await import("../../results/score_predictions.ts");
  const rules = given.choice("rules", RULES);
  const options = {
    predictions,
    rules,
    progress: progressOnTerminal(),
    ...defined({ truth, list: given.value("list"), classes: truth === undefined ? undefined : given.words("classes") }),
  };
  const scores = await interruptible((signal) => scorePredictions(config, { ...options, signal }));
  if (out !== undefined) await Deno.writeTextFile(out, `${JSON.stringify(scores, null, 2)}\n`);
  return formatPredictionScores(scores);
}
