import { defined, type Flags } from "../../config/flags.ts";
import { UsageError } from "../../config/usage_error.ts";
import { EXPORT_FORMATS, type ExportOptions, INSTANCE_STAGES } from "../../results/export_formats.ts";
import type { Command, Invocation } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS } from "../flags.ts";
import { interruptible, runOptions, runPermissions } from "../run_stages.ts";

const EXPORT_FLAGS = {
  format: {
    value: "name",
    help: "coco (default), coco-results, voc, voc-server, or cls-labels: class names as the authors' code reads them",
    default: "coco",
  },
  out: {
    value: "path",
    help: "file or folder to write, default below export in the working directory",
    path: "writes",
  },
  list: {
    value: "name",
    help:
      "the images, default data.inferList; with --ground-truth data.valList, of Mask R-CNN downstream.valInstanceList",
  },
  stage: {
    value: "name",
    help: "whose instances: instance (default), or mask_rcnn_irnet, mask_rcnn_truth of compare",
    default: "instance",
  },
  score: {
    value: "0…1",
    help: "leave out instances of a lower score; of score 0 are fragments, which only coco-results keeps",
  },
  "ground-truth": { help: "write the data set's ground truth instead, to judge other programs with" },
  predictions: {
    value: "folder",
    help: "for voc-server: label maps of any program, default semantic in the workdir",
    path: "reads",
  },
  competition: { value: "name", help: "for voc-server: comp6 (default), or comp5 if only VOC's data was used" },
} satisfies Flags;

export const exportMasks: Command = {
  usage: "[flags]",
  help: "Writes masks for other programs: COCO's JSON, VOC's folders, or what VOC's evaluation server takes.",
  flags: {
    ...EXPORT_FLAGS,
    ...CONFIG_FLAGS,
    workdir: RUN_FLAGS.workdir,
    limit: RUN_FLAGS.limit,
    ...COMMON_FLAGS,
  },
  permissions: runPermissions,
  run: async (invocation) => {
    const { config } = invocation;
    (await import("../../config/check_paths.ts")).checkPaths(config);
    const { exportLabels } = await import("../../results/export_labels.ts");
    const options = exportOptions(invocation);
    return await interruptible((signal) => exportLabels(config, { ...options, signal }));
  },
};

/** What is exported, and how. @throws UsageError for flags that do not exist, or do not go together. */
function exportOptions(invocation: Invocation): ExportOptions {
  const { given, workdir } = invocation, { limit, progress } = runOptions(invocation);
  const format = given.choice("format", EXPORT_FORMATS), score = given.value("score");
  if (score !== undefined && !(Number(score) >= 0 && Number(score) <= 1)) {
    throw new UsageError(`Expected a number of 0 to 1 for --score but found ${score}`);
  }
  const competition = given.has("competition") ? given.choice("competition", ["comp5", "comp6"]) : undefined;
  const stage = given.choice("stage", INSTANCE_STAGES), truth = given.has("ground-truth");
  const useless = format === "voc-server"
    ? ["score", "ground-truth", "limit", "stage"]
    : ["predictions", "competition", ...format === "cls-labels" ? ["score", "ground-truth", "stage"] : []];
  const found = useless.find((flag) => given.has(flag));
  if (found) throw new UsageError(`Expected no --${found} with --format ${format} but found it`);
  if (given.has("stage") && truth) throw new UsageError("Expected no --stage with --ground-truth but found it");
  if (truth && (format === "coco-results" || score !== undefined)) {
    throw new UsageError("Expected neither --score nor --format coco-results with --ground-truth, which has no scores");
  }
  return {
    workdir,
    format,
    stage,
    truth,
    ...defined({
      out: given.value("out"),
      list: given.value("list"),
      score: score === undefined ? undefined : Number(score),
      predictions: given.value("predictions"),
      competition,
      limit,
      progress,
    }),
  };
}
