/** What the stages need, as far as it can be told before. */
import type { Config, TrainingSettings } from "../config.ts";
import type { StageContext } from "../stage.ts";
import { trainingSteps } from "../voc/epoch_batch.ts";
import { workersOf } from "./workers_of.ts";

/** What a stage needs. */
export interface Expectation {
  /** Parts of its work, in their order: images; or steps of a training, and images that it looks at afterwards. */
  readonly parts: readonly {
    /** What is counted. */
    readonly unit: "steps" | "images";
    /** How many there are. */
    readonly count: number;
    /** Seconds each takes where nothing was measured: as on two cores of a server of 2023. */
    readonly seconds: number;
  }[];
  /** Bytes it leaves on the disk for each image, or, of a stage that works on the data set as a whole, in all. */
  readonly bytes: number;
  /** Bytes of memory at its peak. */
  readonly memory: number;
}

/** How to tell what a stage needs. */
export interface Expecting {
  /** Settings that its pace depends on, beside those of `compute`. */
  settings(config: Config): unknown;
  /** What it needs for all its work. */
  needs(context: StageContext, size: ImageSize): Expectation;
}

/** How to tell what stages need, by their names. */
export type Expectations = Readonly<Record<string, Expecting>>;

/** A usual image of the data set, and what works on it. */
export interface ImageSize {
  /** Rows times columns, in millions. */
  readonly megapixels: number;
  /** Name of the tensor library. */
  readonly backend: string;
}

const MIB = 2 ** 20, GIB = 2 ** 30;
/** Seconds and bytes a megapixel on its way forward through a network, with TensorFlow on two cores. */
const NETWORKS = {
  resnet50: { forward: 1.7, bytes: 2.2 * GIB, weights: 94 * MIB },
  efficientnet_lite0: { forward: 0.44, bytes: 0.7 * GIB, weights: 14 * MIB },
  sample: { forward: 0.1, bytes: 0.3 * GIB, weights: 3 * MIB },
} satisfies Record<Config["backbone"]["network"], unknown>;
/** The same for both branches of IRNet. */
const BRANCHES = 0.3;
/** How many times as long as TensorFlow a library takes. */
const slowness = (backend: string) => ({ webgpu: 0.1, wasm: 5, cpu: 150 })[backend] ?? 1;

const views = ({ crop, batch, microBatch }: TrainingSettings) => [crop, batch, microBatch];
const network = ({ backbone }: Config) => NETWORKS[backbone.network];
const square = (side: number) => side * side / 1e6;

/** A stage over images that needs no tensors: seconds of a core a megapixel, bytes an image. */
function onCores(
  list: (context: StageContext) => number,
  { seconds, bytes, settings }: {
    seconds: number;
    bytes: (megapixels: number) => number;
    settings: (config: Config) => unknown;
  },
): Expecting {
  return {
    settings,
    needs: (context, { megapixels }) => {
      const workers = workersOf(context.config);
      return {
        parts: [{ unit: "images", count: list(context), seconds: seconds * megapixels / workers }],
        bytes: bytes(megapixels),
        memory: 0.3 * GIB + workers * (0.1 * GIB + 1.6 * GIB * megapixels),
      };
    },
  };
}

const trained = ({ config, dataset }: StageContext) => dataset.list(config.data.trainList).length;
const inferred = ({ config, dataset }: StageContext) => dataset.list(config.data.inferList).length;
const both = ({ config: { data }, dataset }: StageContext) =>
  new Set([...dataset.list(data.trainList), ...dataset.list(data.inferList)]).size;

/** What the stages of IRNet need. */
export const expectations: Expectations = {
  backbone_train: {
    settings: ({ backbone }) => [backbone.network, views(backbone.pretraining!)],
    needs: ({ config, dataset }, { backend }) => {
      const training = config.backbone.pretraining!, { forward, bytes, weights } = network(config);
      const images = dataset.list(config.data.classifierList ?? config.data.trainList).length;
      const seconds = slowness(backend) * 3 * forward * training.batch * square(training.crop);
      return {
        parts: [{ unit: "steps", count: trainingSteps(images, training), seconds }],
        bytes: 4 * weights,
        memory: 0.3 * GIB + 1.5 * bytes * training.microBatch * square(training.crop),
      };
    },
  },
  cam_train: {
    settings: ({ backbone, cam }) => [backbone.network, views(cam.training)],
    needs: ({ config, dataset }, { backend }) => {
      const { training } = config.cam, { forward, bytes, weights } = network(config);
      const { classifierList, trainList, valList } = config.data;
      const pass = slowness(backend) * forward * square(training.crop);
      const validation = valList === null ? 0 : dataset.list(valList).length;
      return {
        parts: [
          {
            unit: "steps",
            count: trainingSteps(dataset.list(classifierList ?? trainList).length, training),
            seconds: 2.7 * pass * training.batch,
          },
          { unit: "images", count: validation, seconds: pass },
        ],
        bytes: 3 * weights,
        memory: 0.3 * GIB + 1.2 * bytes * training.microBatch * square(training.crop),
      };
    },
  },
  cam: {
    settings: ({ backbone, cam }) => [backbone.network, cam.scales],
    needs: (context, { megapixels, backend }) => {
      const { scales } = context.config.cam, { forward, bytes } = network(context.config);
      const area = scales.reduce((sum, scale) => sum + scale * scale, 0);
      return {
        parts: [{ unit: "images", count: both(context), seconds: slowness(backend) * forward * 2 * area * megapixels }],
        bytes: 1.5 * 4 * area * megapixels * 1e6 / 256,
        memory: 0.3 * GIB + bytes * 2 * Math.max(...scales) ** 2 * megapixels,
      };
    },
  },
  relation: onCores(trained, {
    seconds: 1.7,
    bytes: (megapixels) => 45_000 * megapixels,
    settings: ({ relation }) => relation.crf.iterations,
  }),
  irnet_train: {
    settings: (
      { backbone, irnet },
    ) => [backbone.network, backbone.taps, views(irnet.training), irnet.training.radius, irnet.crop],
    needs: ({ config, dataset }, { backend }) => {
      const { training, crop } = config.irnet, { forward, bytes, weights } = network(config);
      const { trainList, meanDisplacementList, inferList } = config.data;
      const slow = slowness(backend);
      return {
        parts: [
          {
            unit: "steps",
            count: trainingSteps(dataset.list(trainList).length, training),
            seconds: slow * (forward + 3 * BRANCHES) * training.batch * square(training.crop),
          },
          {
            unit: "images",
            count: dataset.list(meanDisplacementList ?? inferList).length,
            seconds: slow * (forward + BRANCHES) * square(crop),
          },
        ],
        bytes: 2 * weights + 20 * MIB,
        memory: 0.3 * GIB + 2 * (bytes + GIB / 2) * training.microBatch * square(training.crop),
      };
    },
  },
  irnet: {
    settings: ({ backbone, irnet }) => [backbone.network, backbone.taps, irnet.crop],
    needs: (context, { megapixels, backend }) => {
      const { forward, bytes } = network(context.config), { crop } = context.config.irnet;
      const canvas = Math.max(square(crop), megapixels);
      return {
        parts: [{
          unit: "images",
          count: inferred(context),
          seconds: slowness(backend) * (2 * forward + 1.2 * BRANCHES) * canvas,
        }],
        bytes: 0.9 * 12 * megapixels * 1e6 / 16,
        memory: 0.3 * GIB + 3 * bytes * canvas,
      };
    },
  },
  instance: onCores(inferred, {
    seconds: 1.1,
    bytes: (megapixels) => 50_000 * megapixels,
    settings: ({ walk, displacement }) => [walk, displacement],
  }),
  semantic: onCores(inferred, {
    seconds: 0.55,
    bytes: (megapixels) => 20_000 * megapixels,
    settings: ({ walk }) => walk,
  }),
  measure: onCores(both, {
    seconds: 1.6,
    bytes: () => 12_000,
    settings: ({ walk, evaluation }) => [walk, evaluation],
  }),
  evaluation: {
    settings: ({ evaluation }) => evaluation.pictures,
    needs: (context) => ({
      parts: [{ unit: "images", count: context.config.evaluation.pictures, seconds: 0.5 }],
      bytes: 5 * MIB,
      memory: 0.7 * GIB,
    }),
  },
};
