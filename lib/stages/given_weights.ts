/** Weights that settings name: what is known of them, and whether they fit the run, before it begins. */
import { basename, dirname, join } from "node:path";
import { type Config, presets } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { readFileIfExists } from "../files/disk.ts";
import type { TensorFile } from "../files/safetensors.ts";
import { type Backbone, createBackbone, NETWORKS } from "../nn/mod.ts";
import { parseRunReport } from "../run/run_report.ts";
import { importWeights, readWeights } from "../weights/mod.ts";
import { backboneOf } from "./_networks.ts";
import { configOfModel, modelFacts, type ModelPart, partOfModel, predictionSettings } from "./model_file.ts";

/** A file of weights that a setting names, of a model the tensors of this network. */
export async function givenWeights(path: string, part: ModelPart): Promise<TensorFile> {
  const file = await readWeights(path);
  return modelFacts(file) ? partOfModel(file, part) : file;
}

/**
 * Compares what is known of trained weights with the configuration that names them: of a model's all that predictions
 * need, of a run's own those that its `run.json` has, of others nothing.
 *
 * @returns Differences that a run can live with, in words; `null` for none.
 * @throws UsageError for a difference that makes the weights useless, in words.
 */
export async function checkTrainedWeights(
  config: Config,
  part: Exclude<ModelPart, "prototypes" | "mask_rcnn">,
): Promise<string | null> {
  const path = config[part].weights!, known = await trainedWith(path);
  if (!known) return null;
  const refuse = (words: string) =>
    new UsageError(`Expected weights that fit for ${part}.weights but found ${path}: ${words}`);
  const { network } = config.backbone;
  if (known.backbone.network !== network) {
    throw refuse(
      `these are weights of ${known.backbone.network}, preset ${known.preset}; backbone.network is ${network}, preset ` +
        config.preset,
    );
  }
  const classes = classDifference(known.data.classes, config.data.classes);
  if (part !== "irnet" && classes) throw refuse(classes);
  const hard = part === "irnet" ? ["backbone.taps", "irnet.displacementWidth"] : [];
  const others = settingDifferences(predictionSettings(known), predictionSettings(config));
  const useless = others.filter(({ key }) => hard.includes(key));
  if (useless.length > 0) throw refuse(useless.map(({ words }) => words).join("; "));
  const isTold = (key: string) => key.startsWith(`${part}.`) && key !== "cam.method" || key === "data.longSide";
  const relevant = others.filter(({ key }) => isTold(key)).map(({ words }) => words);
  const words = [...(part === "irnet" && classes ? [classes] : []), ...relevant];
  return words.length === 0 ? null : `${part}.weights, ${path}: ${words.join("; ")}`;
}

/** Looks whether the weights of the backbone are those of its network. @throws UsageError if they are another's. */
export async function checkBackboneWeights(config: Config): Promise<null> {
  const { weights, network, pretraining } = config.backbone;
  if (pretraining || weights === null) return null;
  const file = await readWeights(weights).catch(() => null);
  if (!file) return null; // whatever is wrong with it, those who use it say it
  if (modelFacts(file)) {
    throw new UsageError(
      `Expected weights of a backbone for backbone.weights but found the model ${weights}, which cam.weights and ` +
        "irnet.weights take, and the command predict",
    );
  }
  if (fits(file, backboneOf(config))) return null;
  const other = await networkOf(weights);
  if (!other) return null;
  const preset = Object.values(presets).find(({ backbone }) => backbone.network === other)?.preset;
  throw new UsageError(
    `Expected weights of ${network}, preset ${config.preset}, for backbone.weights but found those of ${other}, ` +
      `${preset ? `preset ${preset}` : `--set backbone.network=${other}`}, in ${weights}`,
  );
}

/** The network that a file has the weights of; `null` where it cannot be read or has those of none. */
export async function networkOf(path: string): Promise<Config["backbone"]["network"] | null> {
  const file = await readWeights(path).catch(() => null);
  return file && (NETWORKS.find((network) => fits(file, createBackbone({ network }))) ?? null);
}

function fits(file: TensorFile, { parameters, importRules }: Backbone): boolean {
  try {
    return importWeights(file, parameters, importRules) !== null;
  } catch {
    return false;
  }
}

/** The configuration that weights were trained with, as far as it is known. */
async function trainedWith(path: string): Promise<Config | null> {
  const facts = modelFacts(await readWeights(path));
  if (facts) return configOfModel(facts);
  if (!/^(cam|irnet|amn)_train$/.test(basename(dirname(path)))) return null;
  const report = await readFileIfExists(join(dirname(dirname(path)), "run.json")).catch(() => null);
  return (report && parseRunReport(report)?.config) ?? null;
}

/** Difference between the classes of weights and those of a data set, in words; `null` for none. */
export function classDifference(known: readonly string[], wanted: readonly string[]): string | null {
  if (known.join("\n") === wanted.join("\n")) return null;
  const beyond = wanted.filter((name) => !known.includes(name)),
    unused = known.filter((name) => !wanted.includes(name));
  const words = [
    ...beyond.length > 0 ? [`the data set has ${beyond.join(", ")}${unused.length < known.length ? " too" : ""}`] : [],
    ...unused.length > 0 ? [`${beyond.length > 0 ? "" : "the data set "}lacks ${unused.join(", ")}`] : [],
  ];
  return `these weights know ${known.join(", ")}; ` +
    (words.length > 0 ? words.join(" and ") : `the data set has them in another order, ${wanted.join(", ")}`);
}

/** Values that differ between two groups of settings with the same keys. */
function settingDifferences(known: object, wanted: object, prefix = ""): { key: string; words: string }[] {
  return Object.entries(known).flatMap(([name, value]) => {
    const key = `${prefix}${name}`, other = (wanted as Record<string, unknown>)[name];
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return settingDifferences(value, (other ?? {}) as object, `${key}.`);
    }
    const same = JSON.stringify(value) === JSON.stringify(other);
    return same ? [] : [{ key, words: `${key} is ${JSON.stringify(other)} here, ${JSON.stringify(value)} in them` }];
  });
}
