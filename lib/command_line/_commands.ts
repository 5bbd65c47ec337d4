/** The commands of the command line, and their help. */
import {
  CLUSTER_FLAGS,
  COMMON_FLAGS,
  COMPARE_FLAGS,
  CONFIG_FLAGS,
  CURVE_FLAGS,
  EVALUATION_FLAGS,
  EXPORT_FLAGS,
  FIGURE_FLAGS,
  INIT_FLAGS,
  KUBERNETES_FLAGS,
  PREDICTION_FLAGS,
  RUN_FLAGS,
  SLURM_FLAGS,
} from "./_flags.ts";
import { describeFlags, type Flags } from "../config/flags.ts";

/** A command. */
export interface Command {
  /** What follows its name. */
  readonly usage: string;
  /** What it does. */
  readonly help: string;
  /** Its flags. */
  readonly flags: Flags;
}

const { stages: _stages, ...withoutStages } = RUN_FLAGS;
const { preset: _preset, config: _config, ...withoutPreset } = CONFIG_FLAGS;
const { "dry-run": _dryRun, ...withoutDryRun } = RUN_FLAGS;
const { shard: _shardOfOne, ...notShared } = withoutStages;
const { shard: _shard, force: _force, verify: _verify, ...forJobs } = withoutDryRun;
const forExport = { workdir: RUN_FLAGS.workdir, limit: RUN_FLAGS.limit };

/** All commands by name. */
export const COMMANDS = {
  run: {
    usage: "[flags]",
    help: "Runs the pipeline: all stages in their order. What is done already is skipped. This is the default command.",
    flags: { ...CONFIG_FLAGS, ...RUN_FLAGS, ...CURVE_FLAGS, ...COMMON_FLAGS },
  },
  "dry-run": {
    usage: "[flags]",
    help: "Says what run would do, and does nothing.",
    flags: { ...CONFIG_FLAGS, ...withoutDryRun, ...COMMON_FLAGS },
  },
  stage: {
    usage: "<name> [flags]",
    help: "Runs one stage on what the stages before it have made.",
    flags: { ...CONFIG_FLAGS, ...withoutStages, ...COMMON_FLAGS },
  },
  evaluate: {
    usage: "[flags]",
    help: "Judges pseudo labels, or what another program predicted, against true masks, as a whole and class by class.",
    flags: {
      ...PREDICTION_FLAGS,
      ...EVALUATION_FLAGS,
      ...CONFIG_FLAGS,
      ...withoutStages,
      ...CURVE_FLAGS,
      ...COMMON_FLAGS,
    },
  },
  ablation: {
    usage: "[flags]",
    help: "Runs what is not done yet and judges the method part by part, in one table.",
    flags: { ...EVALUATION_FLAGS, ...CONFIG_FLAGS, ...withoutStages, ...CURVE_FLAGS, ...COMMON_FLAGS },
  },
  demo: {
    usage: "[flags]",
    help: "Makes the sample data set and runs the whole pipeline on it; results in out/sample.",
    flags: { ...withoutPreset, ...RUN_FLAGS, ...CURVE_FLAGS, ...COMMON_FLAGS },
  },
  compare: {
    usage: "[flags]",
    help:
      "Trains AffinityNet, DeepLab and Mask R-CNN and compares what they make of labels; on the sample data if no " +
      "preset is named.",
    flags: { ...COMPARE_FLAGS, ...CONFIG_FLAGS, ...notShared, ...COMMON_FLAGS },
  },
  init: {
    usage: "<folder> [flags]",
    help: "Looks at a folder of images, says what it found and writes a configuration that runs.",
    flags: { ...INIT_FLAGS, ...COMMON_FLAGS },
  },
  "submit-slurm": {
    usage: "[flags]",
    help: "Runs the pipeline as jobs of Slurm: an array for each stage over images, one job for every other.",
    flags: { ...CLUSTER_FLAGS, ...SLURM_FLAGS, ...CONFIG_FLAGS, ...forJobs, ...COMMON_FLAGS },
  },
  "submit-kubernetes": {
    usage: "[flags]",
    help: "Writes the pipeline as Jobs of Kubernetes, and a script that applies them one after the other.",
    flags: { ...CLUSTER_FLAGS, ...KUBERNETES_FLAGS, ...CONFIG_FLAGS, ...forJobs, ...COMMON_FLAGS },
  },
  export: {
    usage: "[flags]",
    help: "Writes masks for other programs: COCO's JSON, VOC's folders, or what VOC's evaluation server takes.",
    flags: { ...EXPORT_FLAGS, ...CONFIG_FLAGS, ...forExport, ...COMMON_FLAGS },
  },
  figures: {
    usage: "[flags]",
    help: "Draws the paper's figures of some images from what a run has made, as pictures and as pages to play with.",
    flags: { ...FIGURE_FLAGS, ...CONFIG_FLAGS, workdir: RUN_FLAGS.workdir, ...COMMON_FLAGS },
  },
  config: {
    usage: "[flags]",
    help: "Prints the configuration that the flags make, as JSON. Its keys are those of --set and --config.",
    flags: { ...CONFIG_FLAGS, ...COMMON_FLAGS },
  },
} satisfies Record<string, Command>;

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS;

/** Help on a command, or on all of them. */
export function helpText(name: CommandName | null, stageLines: readonly string[] = []): string {
  if (name === null) {
    const lines = Object.entries<Command>(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(17)} ${help}`);
    return [
      "IRNet: instance and semantic masks from image-level class names.",
      `\nCommands\n${lines.join("\n")}`,
      `\nFlags of run\n${describeFlags(COMMANDS.run.flags)}`,
      "\n<command> --help shows the flags of another command.",
    ].join("\n");
  }
  const { usage, help, flags }: Command = COMMANDS[name];
  const stages = stageLines.length > 0 ? [`\nStages\n${stageLines.map((line) => `  ${line}`).join("\n")}`] : [];
  return [`${name} ${usage}\n\n${help}`, ...stages, `\nFlags\n${describeFlags(flags)}`].join("\n");
}
