import { type ClassPrototypes, ClassVectors, featuresAndCams, prototypeDirection } from "../cam/mod.ts";
import { random } from "../data/random.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import type { StageContext, StageFiles, WholeStage } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { GIB, inferences, MIB, networkCost } from "./_cost.ts";
import { trainedWeights } from "./_networks.ts";
import { camNetwork, camParameters } from "./cam_train.ts";
import { givenWeights } from "./given_weights.ts";
import type { ModelPart } from "./model_file.ts";

/** Bytes of features that are held at once: of as many classes as fit. */
const HELD = 2 * GIB;

/** What a class was looked for in, and what was found: an element of `prototypes/prototypes.json`. */
export interface PrototypeCounts {
  /** Images that show it. */
  readonly images: number;
  /** Features inside its class attention maps, all of them. */
  readonly inside: number;
  /** Features outside. */
  readonly outside: number;
  /** Prototypes. */
  readonly prototypes: number;
  /** Centres of its context. */
  readonly context: number;
}

/** Prototypes of the classes, from features of the trained classifier (LPCAM, CVPR 2023). */
export const prototypes: WholeStage = {
  kind: "whole",
  name: "prototypes",
  section: "Class Attention Maps",
  reads: ["cam_train"],
  enabled: ({ cam }) => cam.from === null && cam.method === "lpcam",
  settings: ({ seed, data, backbone, cam }) => ({
    seed,
    data: [data.classes, data.prototypeList ?? data.trainList],
    network: backbone.network,
    prototypes: cam.prototypes,
  }),
  ids: ({ config: { data }, dataset }) =>
    dataset.list(data.prototypeList ?? data.trainList).filter((id) => dataset.labels(id).length > 0),
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, { forward, bytes } = networkCost(config), cost = forward * image.megapixels;
      const { images } = config.cam.prototypes, all = prototypes.ids!(context).length;
      const count = Math.min(all, (images ?? all) * config.data.classes.length);
      return {
        parts: [inferences(count, { cost, config, image, shared: false })],
        bytes: config.data.classes.length * 0.2 * MIB,
        memory: 0.3 * GIB + bytes * image.megapixels + HELD,
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files, progress, signal } = context, { seed, cam } = config;
    const network = await camNetwork(context), { channels } = network.backbone;
    const weights = await classifierWeights(context), labels = dataset.classes.map((_, label) => label);
    const size = Math.max(1, Math.floor(HELD / (8 * channels * cam.prototypes.vectors)));
    const groups = Array.from(
      { length: Math.ceil(labels.length / size) },
      (_, g) => labels.slice(g * size, (g + 1) * size),
    );
    const ids = prototypes.ids!(context), chosen = labels.map((label) => chosenImages(context, { label, ids }));
    const ofGroup = (group: readonly number[]) => ids.filter((id) => group.some((label) => chosen[label]!.has(id)));
    const total = groups.reduce((sum, group) => sum + ofGroup(group).length, 0);
    const found: NamedTensors = {}, counts: PrototypeCounts[] = [];
    let done = 0;
    try {
      for (const group of groups) {
        const vectors = group.map((label) => new ClassVectors(cam.prototypes, { channels, label, seed }));
        for (const id of ofGroup(group)) {
          signal.throwIfAborted();
          const present = group.filter((label) => chosen[label]!.has(id));
          const { features, maps } = await featuresAndCams(network, await dataset.readImage(id), { labels: present });
          present.forEach((label, k) => vectors[label - group[0]!]!.add(features, maps[k]!));
          progress(++done, total);
        }
        for (const [n, label] of group.entries()) {
          signal.throwIfAborted();
          progress(done, total, `clusters of ${dataset.classes[label]}`);
          const { prototypes, context: around } = await vectors[n]!.prototypes(weights);
          Object.assign(found, { [`${label}.prototypes`]: prototypes, [`${label}.context`]: around });
          counts.push({
            images: chosen[label]!.size,
            ...{ inside: vectors[n]!.inside.seen, outside: vectors[n]!.outside.seen },
            ...{ prototypes: prototypes.shape[0]!, context: around.shape[0]! },
          });
        }
      }
    } finally {
      disposeParams(network.params);
    }
    await files.write("prototypes", "prototypes.json", new TextEncoder().encode(JSON.stringify(counts)));
    await files.write("prototypes", "prototypes.safetensors", encodeSafetensors(found));
  },
};

/** The images of a class, or so many of them as are wanted, the same for the same seed. */
function chosenImages(
  { dataset, config: { seed, cam: { prototypes: { images } } } }: StageContext,
  { label, ids }: { label: number; ids: readonly string[] },
): ReadonlySet<string> {
  const all = ids.filter((id) => dataset.labels(id).includes(label));
  if (images === null || all.length <= images) return new Set(all);
  const draw = random(seed, "prototypes", label, "images"), lots = new Map(all.map((id) => [id, draw()]));
  const last = [...lots.values()].sort((a, b) => a - b)[images - 1]!;
  return new Set(all.filter((id) => lots.get(id)! <= last));
}

/** The classifier's weights, [classes, channels]. */
async function classifierWeights({ config, files }: Pick<StageContext, "config" | "files">): Promise<Float32Array> {
  const weights = await trainedWeights(files, { stage: "cam_train", specs: camParameters(config) });
  return weights["classifier.weight"]!.data;
}

/** The tensors of the stage's file: `<class>.prototypes` and `<class>.context`, classes from 0. */
export async function prototypeTensors(files: StageFiles): Promise<NamedTensors> {
  const bytes = await files.require("prototypes", "prototypes.safetensors");
  return decodeSafetensors(bytes, files.path("prototypes", "prototypes.safetensors")).tensors;
}

/** Prototypes in the model that `cam.weights` names. @throws UsageError where it has none. */
export async function givenPrototypes({ cam }: Config): Promise<NamedTensors> {
  const part: ModelPart = "prototypes", { tensors } = await givenWeights(cam.weights!, part);
  if (Object.keys(tensors).some((name) => name.endsWith(".prototypes"))) return tensors;
  throw new UsageError(
    `Expected a model of a run with cam.method lpcam, which has prototypes, in ${cam.weights} but found none; ` +
      "leave cam.method to the model",
  );
}

/** The prototypes of every class. @throws Error naming the file and the class where they do not fit the classifier. */
export async function readPrototypes(
  context: Pick<StageContext, "config" | "files">,
): Promise<ClassPrototypes[]> {
  const { config: { data }, files } = context, tensors = await prototypeTensors(files);
  const channels = (await classifierWeights(context)).length / data.classes.length;
  const part = (label: number, name: string) => {
    const tensor = tensors[`${label}.${name}`];
    if (tensor?.shape.length === 2 && tensor.shape[1] === channels) return tensor;
    throw new Error(
      `Expected ${label}.${name} [?, ${channels}] in ${files.path("prototypes", "prototypes.safetensors")} but found ` +
        (tensor ? `[${tensor.shape.join(", ")}]` : "none"),
    );
  };
  return data.classes.map((_, label) => ({ prototypes: part(label, "prototypes"), context: part(label, "context") }));
}

/** The direction that the maps of each class compare features with. */
export async function classDirections(context: Pick<StageContext, "config" | "files">): Promise<Float32Array[]> {
  const prototypes = await readPrototypes(context), weights = await classifierWeights(context);
  const channels = weights.length / prototypes.length;
  return prototypes.map((of, label) =>
    prototypeDirection(of, weights.subarray(label * channels, (label + 1) * channels))
  );
}
