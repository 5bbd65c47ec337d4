import {
  type CamArchive,
  camArrays,
  camSize,
  extractCam,
  parseCamArrays,
  parseGivenCams,
  resizeCams,
} from "../cam/mod.ts";
import { UsageError } from "../config/usage_error.ts";
import { readFileIfExists } from "../files/disk.ts";
import type { ImageProcessor, ImageStage, StageContext, StageFiles } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { decodeArrays, decodeNpz, encodeNpz } from "../files/npz.ts";
import { GIB, inferences, networkCost } from "./_cost.ts";
import { camNetwork } from "./cam_train.ts";
import { classDirections } from "./prototypes.ts";

/** Class attention maps of the images that train IRNet and of those that get pseudo labels: made, or given. */
export const cam: ImageStage = {
  kind: "image",
  name: "cam",
  section: "Class Attention Maps",
  reads: ["cam_train", "prototypes"],
  runs: "main",
  settings: ({ cam, backbone, data }) =>
    cam.from === null
      ? { scales: cam.scales, network: backbone.network, ...cam.method === "cam" ? {} : { method: cam.method } }
      : { given: data.classes },
  check: ({ cam: { from, method } }) => {
    if (from === null || method === "cam") return Promise.resolve(null);
    throw new UsageError(
      `Expected cam.method cam where cam.from names maps that are made, ${from}, but found ${method}`,
    );
  },
  readsOutside: ({ cam }, id) => cam.from === null ? [] : camFiles(cam.from, id),
  ids: (
    { config: { data }, dataset },
  ) => [...new Set([...dataset.list(data.trainList), ...dataset.list(data.inferList)])],
  cost: {
    settings: ({ backbone, cam }) => [backbone.network, cam.from !== null],
    estimate: (context, image) => {
      const { config } = context, { scales } = config.cam, { forward, bytes } = networkCost(config);
      const { megapixels } = image, area = scales.reduce((sum, scale) => sum + scale * scale, 0);
      return {
        parts: [inferences(cam.ids(context).length, { cost: forward * 2 * area * megapixels, config, image })],
        bytes: 1.5 * 4 * area * megapixels * 1e6 / 256,
        memory: 0.3 * GIB + bytes * 2 * Math.max(...scales) ** 2 * megapixels,
      };
    },
  },
  open: async (context) => {
    const { config, dataset } = context;
    if (config.cam.from !== null) return importCams(context);
    const network = await camNetwork(context);
    const directions = config.cam.method === "lpcam" ? { directions: await classDirections(context) } : {};
    return {
      process: async (id) => {
        const image = await dataset.readImage(id);
        const cams = await extractCam(network, image, {
          labels: dataset.labels(id),
          scales: config.cam.scales,
          ...directions,
        });
        return { [`${id}.npz`]: encodeNpz(camArrays(cams)) };
      },
      close: () => disposeParams(network.params),
    };
  },
};

/** Reads an image's archive of class attention maps, or of another stage's maps in their form. */
export async function readCams(files: StageFiles, id: string, stage = "cam"): Promise<CamArchive> {
  const name = files.path(stage, `${id}.npz`);
  return parseCamArrays(decodeNpz(await files.require(stage, `${id}.npz`), name), name);
}

/** Where the maps of an image may be. */
function camFiles(folder: string, id: string): string[] {
  return [`${folder}/${id}.npz`, `${folder}/${id}.npy`];
}

/** Checks the maps in `cam.from` against images and classes, and stores them as our own. */
function importCams({ config, dataset }: StageContext): ImageProcessor {
  return {
    process: async (id) => {
      const { full, reading } = await dataset.imageSize(id), { height, width } = full;
      const { archive, name } = await readGiven(config.cam.from!, id, full), { height: h, width: w } = camSize(archive);
      if (![full, reading].some(({ height, width }) => h === height && w === width)) {
        throw new Error(`Expected maps of the ${height}×${width} image ${id} in ${name} but found those of ${h}×${w}`);
      }
      const classes = dataset.classes.length, key = archive.keys.find((key) => key >= classes);
      if (key !== undefined) {
        throw new Error(`Expected keys below ${classes}, the number of classes, in ${name} but found ${key}`);
      }
      const labels = dataset.labels(id), foreign = archive.keys.find((key) => !labels.includes(key));
      if (foreign !== undefined) {
        const named = (key: number) => `${key} (${dataset.classes[key]})`;
        throw new Error(
          `Expected keys among the labels of ${id}, ${labels.map(named).join(", ") || "which has none"}, in ${name} ` +
            `but found ${named(foreign)}`,
        );
      }
      return { [`${id}.npz`]: encodeNpz(camArrays(resizeCams(archive, reading))) };
    },
  };
}

async function readGiven(
  folder: string,
  id: string,
  size: { height: number; width: number },
): Promise<{ archive: CamArchive; name: string }> {
  for (const name of camFiles(folder, id)) {
    const bytes = await readFileIfExists(name);
    if (bytes) return { archive: parseGivenCams(decodeArrays(bytes, name), { name, ...size }), name };
  }
  throw new Error(`Expected class attention maps as ${camFiles(folder, id).join(" or ")} but found neither`);
}
