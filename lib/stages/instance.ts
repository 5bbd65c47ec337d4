import { camSize, stridedCam } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import type { LabelMap } from "../data/mod.ts";
import { clusterCentroids, type Clusters, findCentroids } from "../displacement/mod.ts";
import type { PredictedMasks } from "../evaluation/mod.ts";
import { decodeNpz, encodeNpz } from "../files/npz.ts";
import type { IrnetMaps } from "../irnet/mod.ts";
import { encodePng } from "../files/png.ts";
import type { ImageStage, StageContext, StageFiles } from "../run/stage.ts";
import { type Evidence, type Instances, missingClasses, raiseCams, synthesizeInstances } from "../synthesis/mod.ts";
import { onCores } from "./_cost.ts";
import { readIrnetMaps } from "./irnet.ts";
import { readSeed, SEED_MAPS } from "./seed.ts";

/** Pseudo instance masks, and in a file of its own why a class that an image is labelled with got none. */
export const instance: ImageStage = {
  kind: "image",
  name: "instance",
  section: "Synthesizing Instance Segmentation Labels",
  reads: [...SEED_MAPS, "irnet"],
  runs: "worker",
  settings: ({ displacement, walk, synthesis }) => ({
    displacement,
    walk,
    camPower: synthesis.camPower,
    threshold: synthesis.instanceThreshold,
    fragment: synthesis.fragment,
    score: synthesis.score,
  }),
  ids: ({ config, dataset }) => dataset.list(config.data.inferList),
  cost: onCores({
    ids: (context) => instance.ids(context),
    seconds: ({ classes }) => 0.7 + 0.4 * classes,
    bytes: (megapixels) => 50_000 * megapixels,
    settings: ({ walk, displacement }) => [walk, displacement],
  }),
  open: (context) => {
    const { displacement, walk, synthesis } = context.config;
    const { instanceThreshold: threshold, fragment, score: scoring } = synthesis;
    return {
      process: async (id) => {
        const { evidence, maps } = await readEvidence(context, id);
        const instances = synthesizeInstances(evidence, {
          clusters: clustersOf(maps, displacement),
          threshold,
          fragment,
          scoring,
          walk,
        });
        const labels = context.dataset.labels(id);
        const missing = missingClasses(instances, evidence, { labels, threshold, fragment });
        return {
          [`${id}.npz`]: encodeInstances(instances),
          [`${id}.png`]: encodePng(instanceMap(instances), {}),
          ...(missing.length > 0 ? { [`${id}.json`]: new TextEncoder().encode(JSON.stringify({ missing })) } : {}),
        };
      },
    };
  },
};

/** A preview: pixel value n + 1 for instance n, up to 254; fragments are left out. */
export function instanceMap(
  { height, width, score, mask }: Pick<PredictedMasks, "height" | "width" | "score" | "mask">,
): LabelMap {
  const data = new Uint8Array(height * width);
  let value = 0;
  for (let n = 0; n < score.length && value < 254; n++) {
    if (score[n] === 0) continue;
    value++;
    for (let i = 0; i < data.length; i++) if (mask[n * data.length + i]) data[i] = value;
  }
  return { height, width, data };
}

/**
 * Evidence of an image for synthesis: its class maps at stride 4, raised to their power, and IRNet's maps, and the image itself
 * if it is larger.
 */
export async function readEvidence(
  { config, files, dataset }: Pick<StageContext, "config" | "files" | "dataset">,
  id: string,
): Promise<{ evidence: Evidence; maps: IrnetMaps }> {
  const [cams, maps] = await Promise.all([readSeed({ config, files }, id), readIrnetMaps(files, id)]);
  const { full, reading } = await dataset.imageSize(id);
  const guide = full.height > reading.height || full.width > reading.width ? await dataset.readFullImage(id) : null;
  const { data } = stridedCam(cams);
  const evidence = { ...camSize(cams), keys: cams.keys, cams: data, boundary: maps.boundary, guide };
  return { evidence: raiseCams(evidence, config.synthesis.camPower), maps };
}

/** The class-agnostic instance map of a displacement field. */
export function clustersOf(
  { displacement: field, height, width }: IrnetMaps,
  settings: Config["displacement"],
): Clusters {
  const centroids = findCentroids(field, { height, width, iterations: settings.iterations });
  return clusterCentroids(centroids, { field, height, width, threshold: settings.clusterThreshold });
}

/** Reads the instances that a stage gave an image, which must be of this size where one is given. */
export async function readInstances(
  files: StageFiles,
  id: string,
  { size, stage = "instance" }: { size?: { height: number; width: number }; stage?: string } = {},
): Promise<PredictedMasks> {
  const name = files.path(stage, `${id}.npz`);
  const { score, class: classes, mask } = decodeNpz(await files.require(stage, `${id}.npz`), name);
  const [count, height, width] = mask?.shape ?? [];
  const fits = !size || (height === size.height && width === size.width);
  if (
    !score || !classes || !mask || !height || !width || !fits || ![score, classes].every((a) => a.data.length === count)
  ) {
    const sides = size ? `${size.height}, ${size.width}` : "H, W";
    throw new Error(`Expected score [N], class [N] and mask [N, ${sides}] in ${name} but found other arrays`);
  }
  return {
    height,
    width,
    score: score.data,
    class: classes.data,
    mask: mask.data instanceof Uint8Array ? mask.data : Uint8Array.from(mask.data),
  };
}

/** `score`, `class` and `mask`, compressed: masks are mostly runs of equal values. */
export function encodeInstances({ height, width, score, class: classes, mask }: Instances): Uint8Array {
  const count = score.length;
  return encodeNpz({
    score: { shape: [count], data: score },
    class: { shape: [count], data: classes },
    mask: { shape: [count, height, width], data: mask },
  }, { level: 3 });
}
