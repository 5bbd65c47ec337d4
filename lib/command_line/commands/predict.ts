import { join } from "node:path";
import { defined, type Flags } from "../../config/flags.ts";
import { UsageError } from "../../config/usage_error.ts";
import { isFolder, namesIn } from "../../files/disk.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS } from "../flags.ts";
import { interruptible, runOptions, runPermissions } from "../run_stages.ts";

const PREDICT_FLAGS = {
  weights: {
    value: "path",
    help: "model.safetensors of a run, or the run's working directory; has to be given",
    path: "reads",
  },
  labels: {
    value: "path",
    help: "classes of the images, as init takes them; default: the classifier finds them",
    path: "reads",
  },
  classes: { value: "a,b", help: "only these classes of the model" },
  judge: {
    value: "path",
    help: "labels of the images that are not used, but compared with the classes found",
    path: "reads",
  },
  out: { value: "folder", help: "folder of all results, default out/<name of the folder>-predictions", path: "uses" },
} satisfies Flags;

/** Lists of a folder of which nothing is known. */
const ALL_IMAGES = {
  ...{ trainList: "all", inferList: "all", instanceList: "all" },
  ...{ classifierList: null, valList: null, meanDisplacementList: null },
};

export const predict: Command = {
  usage: "<folder> --weights <path> [flags]",
  help: "Makes masks for a folder of new images with what a run has trained: nothing is trained, no labels are needed.",
  argument: "a folder of images",
  isPath: true,
  flags: {
    ...PREDICT_FLAGS,
    set: CONFIG_FLAGS.set,
    backend: CONFIG_FLAGS.backend,
    precision: CONFIG_FLAGS.precision,
    force: RUN_FLAGS.force,
    verify: RUN_FLAGS.verify,
    limit: { ...RUN_FLAGS.limit, help: "only the first n images" },
    shard: RUN_FLAGS.shard,
    "on-bad-image": RUN_FLAGS["on-bad-image"],
    "dry-run": RUN_FLAGS["dry-run"],
    ...COMMON_FLAGS,
  },
  start: async (given) => {
    const root = given.positionals[0]!, model = modelIn(given.value("weights"));
    if (!isFolder(root)) throw new UsageError(`Expected a folder of images but found none at ${root}`);
    const { configOfModel, readModelFacts } = await import("../../stages/model_file.ts");
    const { workdirFor } = await import("../../config/init_config.ts");
    const { merge } = await import("../../config/merge.ts");
    return merge(configOfModel(await readModelFacts(model)), {
      workdir: given.value("out") ?? `${workdirFor(root)}-predictions`,
      data: { root, labels: null, ...ALL_IMAGES },
      backbone: { pretraining: null },
      cam: { weights: model },
      irnet: { weights: model },
      amn: { weights: model },
    });
  },
  permissions: runPermissions,
  run: async (invocation) => {
    const { given, config } = invocation;
    (await import("../../config/check_paths.ts")).checkPaths(config);
    const { predict } = await import("../predict.ts");
    const options = {
      ...runOptions(invocation),
      isDry: given.has("dry-run"),
      ...defined({ labels: given.value("labels"), classes: given.words("classes"), judge: given.value("judge") }),
    };
    return await interruptible((signal) => predict(config, { ...options, signal }));
  },
};

/** The model that `--weights` names. */
function modelIn(weights: string | undefined): string {
  if (weights === undefined) {
    const found = namesIn("out").map((name) => join("out", name)).filter((folder) => namesIn(folder).includes(MODEL));
    throw new UsageError(
      `Expected --weights with the ${MODEL} of a run but found none` +
        (found.length > 0 ? `; there are those of ${found.join(", ")}` : "; a run writes it in the end"),
    );
  }
  if (!isFolder(weights)) return weights;
  if (namesIn(weights).includes(MODEL)) return join(weights, MODEL);
  throw new UsageError(
    `Expected ${MODEL} in ${weights} but found none; a run with this working directory writes it in the end`,
  );
}

const MODEL = "model.safetensors";
