/** The networks of a run: which backbone, from which weights. */
import { type CamNetwork, classifierParameters } from "../cam/mod.ts";
import type { Config } from "../config/config.ts";
import type { Irnet } from "../irnet/mod.ts";
import { headParameters } from "../irnet/network.ts";
import { type Backbone, createBackbone, initialise } from "../nn/mod.ts";
import type { StageContext } from "../run/stage.ts";
import {
  disposeParams,
  importWeights,
  type ParameterSpec,
  type Params,
  readWeights,
  toParams,
} from "../weights/mod.ts";
import { decodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";

/** The backbone that the configuration names, at this total stride where it has a choice. */
export function backboneOf({ backbone: { network, taps } }: Pick<Config, "backbone">, stride: 8 | 16 = 16): Backbone {
  return createBackbone({ network, taps, stride });
}

/** The backbone's weights before CAM training, as IRNet sees them: from its own training, or from the file given. */
export async function initialWeights(
  { config, files }: Pick<StageContext, "config" | "files">,
): Promise<NamedTensors> {
  const backbone = backboneOf(config);
  if (config.backbone.pretraining) {
    return pick(
      decodeSafetensors(await files.require("backbone_train", "weights.safetensors"), "backbone_train"),
      backbone.parameters,
    );
  }
  const path = config.backbone.weights;
  if (path === null) {
    throw new Error(`Expected backbone.weights to name a file of ${backbone.name} weights but found null`);
  }
  return importWeights(await readWeights(path), backbone.parameters, backbone.importRules);
}

/** Files that a training reads: the weights given in its place, or those that its backbone starts from. */
export function weightsFiles({ backbone }: Config, given: string | null): string[] {
  const file = given ?? (backbone.pretraining ? null : backbone.weights);
  return file === null ? [] : [file];
}

/** Parameters of a stage's `weights.safetensors`. */
export async function trainedWeights(
  { files }: Pick<StageContext, "files">,
  stage: "cam_train" | "irnet_train",
  specs: readonly ParameterSpec[],
): Promise<NamedTensors> {
  const name = files.path(stage, "weights.safetensors");
  return pick(decodeSafetensors(await files.require(stage, "weights.safetensors"), name), specs);
}

function pick(file: TensorFile, specs: readonly ParameterSpec[]): NamedTensors {
  const tensors = Object.fromEntries(
    specs.map(({ name }) => [name, file.tensors[name]]).filter(([, tensor]) => tensor),
  );
  return importWeights({ ...file, tensors }, specs, { ignored: [], aliases: [] });
}

/** Everything in `cam_train/weights.safetensors`. */
export function camParameters(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [...backbone.parameters, ...classifierParameters(backbone, config.data.classes.length)];
}

/** Everything in `irnet_train/weights.safetensors`. */
export function irnetParameters(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [
    ...backbone.parameters,
    ...headParameters(backbone.taps, config.irnet.displacementWidth),
    { name: "mean_displacement", shape: [2], role: "offset" },
  ];
}

/** The trained classifier, folded for inference; its parameters are the caller's to dispose of. */
export async function camNetwork(context: Pick<StageContext, "config" | "files">): Promise<CamNetwork> {
  const { config } = context, backbone = backboneOf(config);
  const weights = await trainedWeights(context, "cam_train", camParameters(config));
  return {
    backbone,
    params: foldedParams(weights, backbone, classifierParameters(backbone, config.data.classes.length)),
  };
}

/** The trained IRNet, folded for inference; its parameters are the caller's to dispose of. */
export async function irnetNetwork(context: Pick<StageContext, "config" | "files">): Promise<Irnet> {
  const { config } = context, backbone = backboneOf(config);
  const weights = await trainedWeights(context, "irnet_train", irnetParameters(config));
  const [dy, dx] = weights["mean_displacement"]!.data;
  const heads = headParameters(backbone.taps, config.irnet.displacementWidth);
  return { backbone, params: foldedParams(weights, backbone, heads), meanDisplacement: [dy!, dx!] };
}

/**
 * A network that a stage has trained, folded for inference; its parameters are the caller's to dispose of.
 *
 * @throws Error listing every parameter that the stage's file lacks, has too many, or has in another shape.
 */
export async function trainedNetwork(
  { files }: Pick<StageContext, "files">,
  stage: string,
  { backbone, heads }: { backbone: Backbone; heads: readonly ParameterSpec[] },
): Promise<{ backbone: Backbone; params: Params }> {
  const bytes = await files.require(stage, "weights.safetensors");
  const file = decodeSafetensors(bytes, files.path(stage, "weights.safetensors"));
  const weights = importWeights(file, [...backbone.parameters, ...heads], { ignored: [], aliases: [] });
  return { backbone, params: foldedParams(weights, backbone, heads) };
}

/** New tensors: the backbone's with their norms multiplied in, those above it as they are. */
function foldedParams(weights: NamedTensors, backbone: Backbone, heads: readonly ParameterSpec[]): Params {
  const all = toParams(weights, [...backbone.parameters, ...heads]);
  const params = {
    ...backbone.fold(all),
    ...Object.fromEntries(heads.map(({ name }) => [name, all[name]!.clone()])),
  };
  disposeParams(all);
  return params;
}

/** IRNet before its training: the backbone from before CAM training, and both branches at random. */
export async function untrainedIrnet(
  context: Pick<StageContext, "config" | "files">,
): Promise<{ backbone: Backbone; params: Params }> {
  const { config } = context, backbone = backboneOf(config);
  const heads = headParameters(backbone.taps, config.irnet.displacementWidth);
  const tensors = { ...await initialWeights(context), ...initialise(heads, { seed: config.seed, method: "uniform" }) };
  return { backbone, params: toParams(tensors, [...backbone.parameters, ...heads]) };
}
