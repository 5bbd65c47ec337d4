import type { Command } from "./command.ts";
import { ablation } from "./commands/ablation.ts";
import { compare } from "./commands/compare.ts";
import { config } from "./commands/config.ts";
import { demo } from "./commands/demo.ts";
import { dryRun } from "./commands/dry_run.ts";
import { evaluate } from "./commands/evaluate.ts";
import { exportMasks } from "./commands/export.ts";
import { figures } from "./commands/figures.ts";
import { init } from "./commands/init.ts";
import { predict } from "./commands/predict.ts";
import { report } from "./commands/report.ts";
import { run } from "./commands/run.ts";
import { sample } from "./commands/sample.ts";
import { stage } from "./commands/stage.ts";
import { submitKubernetes } from "./commands/submit_kubernetes.ts";
import { thresholds } from "./commands/thresholds.ts";
import { submitSlurm } from "./commands/submit_slurm.ts";

/** All commands by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run,
  "dry-run": dryRun,
  stage,
  evaluate,
  ablation,
  thresholds,
  demo,
  compare,
  sample,
  init,
  predict,
  "submit-slurm": submitSlurm,
  "submit-kubernetes": submitKubernetes,
  export: exportMasks,
  figures,
  report,
  config,
};
