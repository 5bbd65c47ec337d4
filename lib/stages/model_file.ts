/**
 * The file that carries a trained run elsewhere: networks, mean displacement, names of the classes, settings.
 * @module
 */
import type { Config } from "../config/config.ts";
import { completeConfig } from "../config/load_config.ts";
import type { Part } from "../config/merge.ts";
import { UsageError } from "../config/usage_error.ts";
import { VERSION } from "../config/version.ts";
import { exists } from "../files/disk.ts";
import { encodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";
import { readWeights } from "../weights/read_weights.ts";

/** Version of the format; a reader refuses others. */
const FORMAT = 1;

/**
 * Parts of a model, which are the beginnings of the names of its tensors; `shared` are tensors of `cam` and `irnet`, and
 * of `amn` where it has none of the name.
 */
export type ModelPart = "cam" | "irnet" | "prototypes" | "amn" | "mask_rcnn";

/** Facts that a model knows beside its tensors: the text `irnet` of its header, as JSON. */
export interface ModelFacts {
  /** Version of the format. */
  readonly format: number;
  /** Version of this library that wrote it. */
  readonly version: string;
  /** The network that makes its masks; absent: IRNet. */
  readonly network?: "mask_rcnn";
  /** The settings that its predictions need, names of the classes and the preset among them. */
  readonly settings: Part<Config>;
  /** For each class the score from which on an image counts as showing it; `null`: nothing told, so 0.5. */
  readonly thresholds: readonly (number | null)[];
  /** The images that the thresholds were chosen on. */
  readonly thresholdsFrom: { readonly list: string; readonly images: number };
}

/** The settings that predictions need. */
export function predictionSettings(config: Config): Part<Config> {
  const { preset, data, backbone, cam, relation, amn, irnet, displacement, walk, synthesis } = config;
  return {
    preset,
    data: { classes: data.classes, longSide: data.longSide },
    backbone: { network: backbone.network, taps: backbone.taps },
    cam: {
      training: { crop: cam.training.crop },
      scales: cam.scales,
      ...cam.method === "cam" ? {} : { method: cam.method },
    },
    ...(amn.use ? { relation, amn: { use: true, scales: amn.scales } } : {}), // it reads confident labels
    irnet: { displacementWidth: irnet.displacementWidth, crop: irnet.crop },
    displacement,
    walk,
    synthesis,
  };
}

/** Encodes a model; tensors that are equal in its networks are stored once. */
export function encodeModel(
  parts: Readonly<Record<"cam" | "irnet", NamedTensors>> & {
    readonly prototypes?: NamedTensors;
    readonly amn?: NamedTensors;
  },
  facts: Omit<ModelFacts, "format" | "version">,
): Uint8Array {
  const { cam, irnet, amn = {}, prototypes = {} } = parts;
  const isShared = (name: string, by: NamedTensors = irnet) => {
    const [a, b] = [cam[name]?.data, by[name]?.data];
    return a?.length === b?.length && a?.every((value, i) => Object.is(value, b![i])) === true;
  };
  const stored = (part: "cam" | "irnet") =>
    Object.entries(parts[part]).filter(([name]) => part === "cam" || !isShared(name))
      .map(([name, tensor]) => [`${isShared(name) ? "shared" : part}.${name}`, tensor]);
  const ofAmn = Object.entries(amn).filter(([name]) => !(isShared(name) && isShared(name, amn)))
    .map(([name, tensor]) => [`amn.${name}`, tensor]);
  const found = Object.entries(prototypes).map(([name, tensor]) => [`prototypes.${name}`, tensor]);
  return encodeWithFacts(Object.fromEntries([...stored("cam"), ...stored("irnet"), ...found, ...ofAmn]), facts);
}

/** Encodes a model of Mask R-CNN. */
export function encodeMaskRcnn(tensors: NamedTensors, facts: Omit<ModelFacts, "format" | "version">): Uint8Array {
  const named = Object.entries(tensors).map(([name, tensor]) => [`mask_rcnn.${name}`, tensor]);
  return encodeWithFacts(Object.fromEntries(named), { ...facts, network: "mask_rcnn" });
}

function encodeWithFacts(tensors: NamedTensors, facts: Omit<ModelFacts, "format" | "version">): Uint8Array {
  return encodeSafetensors(tensors, { irnet: JSON.stringify({ format: FORMAT, version: VERSION, ...facts }) });
}

/**
 * Reads what a model knows beside its tensors.
 *
 * @param file A file of weights.
 * @returns The facts; `null` where it is no model.
 * @throws Error naming the file where they are damaged, or of another version of the format.
 */
export function modelFacts({ name, metadata }: TensorFile): ModelFacts | null {
  const text = metadata["irnet"];
  if (text === undefined) return null;
  let facts: ModelFacts;
  try {
    facts = JSON.parse(text);
    if (facts.format === FORMAT && facts.thresholds.length === configOfModel(facts).data.classes.length) return facts;
  } catch (error) {
    throw new Error(`Expected a model in ${name} but found its description damaged: ${(error as Error).message}`);
  }
  throw new Error(
    facts.format === FORMAT
      ? `Expected a threshold for each class in ${name} but found ${facts.thresholds.length}`
      : `Expected a model of format ${FORMAT} in ${name} but found format ${facts.format}, of version ${facts.version}`,
  );
}

/** Reads what a model knows beside its tensors. @throws UsageError where there is no model; Error as {@linkcode modelFacts}. */
export async function readModelFacts(path: string): Promise<ModelFacts> {
  if (!await exists(path)) throw new UsageError(`Expected a model at ${path} but found no such file`);
  const facts = modelFacts(await readWeights(path));
  if (facts) return facts;
  throw new UsageError(`Expected a model, the model.safetensors of a run, in ${path} but found other weights`);
}

/** The settings of a model, completed by those of its preset. */
export function configOfModel({ settings }: ModelFacts): Config {
  return completeConfig(settings);
}

/**
 * The tensors of a part of a model, by the names they have in it.
 *
 * @throws UsageError where Mask R-CNN's model is to be something else.
 */
export function partOfModel(file: TensorFile, part: ModelPart): TensorFile {
  const of = (prefix: string) =>
    Object.entries(file.tensors).filter(([name]) => name.startsWith(`${prefix}.`))
      .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]);
  const shared = part === "cam" || part === "irnet" || part === "amn" ? of("shared") : [];
  const tensors = Object.fromEntries([...shared, ...of(part)]);
  if (part !== "mask_rcnn" && of("mask_rcnn").length > 0) {
    throw new UsageError(`Expected a model of IRNet in ${file.name} but found one of Mask R-CNN, which predict takes`);
  }
  return { ...file, tensors };
}
