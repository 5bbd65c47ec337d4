/** Networks that stages share: the backbone, and weights that a stage has trained. */
import type { Config } from "../config/config.ts";
import { type Backbone, createBackbone } from "../nn/mod.ts";
import type { StageFiles } from "../run/stage.ts";
import { disposeParams, importWeights, type ParameterSpec, type Params, toParams } from "../weights/mod.ts";
import { decodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";

/** The backbone that the configuration names, at this total stride where it has a choice. */
export function backboneOf({ backbone: { network, taps } }: Pick<Config, "backbone">, stride: 8 | 16 = 16): Backbone {
  return createBackbone({ network, taps, stride });
}

/** Parameters of a stage's `weights.safetensors`. */
export async function trainedWeights(
  files: StageFiles,
  { stage, specs }: { stage: "cam_train" | "irnet_train" | "amn_train"; specs: readonly ParameterSpec[] },
): Promise<NamedTensors> {
  const name = files.path(stage, "weights.safetensors");
  return pick(decodeSafetensors(await files.require(stage, "weights.safetensors"), name), specs);
}

/** The parameters of a file that these specifications name. */
export function pick(file: TensorFile, specs: readonly ParameterSpec[]): NamedTensors {
  const tensors = Object.fromEntries(
    specs.map(({ name }) => [name, file.tensors[name]]).filter(([, tensor]) => tensor),
  );
  return importWeights({ ...file, tensors }, specs, { ignored: [], aliases: [] });
}

/**
 * A network that a stage has trained, folded for inference; its parameters are the caller's to dispose of.
 *
 * @throws Error listing every parameter that the stage's file lacks, has too many, or has in another shape.
 */
export async function trainedNetwork(
  files: StageFiles,
  { stage, backbone, heads }: { stage: string; backbone: Backbone; heads: readonly ParameterSpec[] },
): Promise<{ backbone: Backbone; params: Params }> {
  const bytes = await files.require(stage, "weights.safetensors");
  const file = decodeSafetensors(bytes, files.path(stage, "weights.safetensors"));
  const weights = importWeights(file, [...backbone.parameters, ...heads], { ignored: [], aliases: [] });
  return { backbone, params: foldedParams(weights, { backbone, heads }) };
}

/** New tensors: the backbone's with their norms multiplied in, those above it as they are. */
export function foldedParams(
  weights: NamedTensors,
  { backbone, heads }: { backbone: Backbone; heads: readonly ParameterSpec[] },
): Params {
  const all = toParams(weights, [...backbone.parameters, ...heads]);
  const params = {
    ...backbone.fold(all),
    ...Object.fromEntries(heads.map(({ name }) => [name, all[name]!.clone()])),
  };
  disposeParams(all);
  return params;
}
