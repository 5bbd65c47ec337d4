/** What the stages need, as far as it can be told before. */
import type { Config } from "../config/config.ts";
import type { StageContext } from "../run/stage.ts";
import { GIB, inferences, MIB, network, onCores, square, steps, trainingMemory } from "./_costs.ts";

/** A part of the work of a stage. */
export interface WorkPart {
  /** What is counted. */
  readonly unit: "steps" | "images";
  /** How many there are. */
  readonly count: number;
  /** Seconds each takes where nothing was measured: about as on two cores of a server of 2023. */
  readonly seconds: number;
}

/** What a stage needs. */
export interface Expectation {
  /** Parts of its work, in their order: images; or steps of a training, and images that it looks at before or afterwards. */
  readonly parts: readonly WorkPart[];
  /** Bytes it leaves on the disk for each image, or, of a stage that works on the data set as a whole, in all. */
  readonly bytes: number;
  /** Bytes of memory at its peak. */
  readonly memory: number;
}

/** How to tell what a stage needs. */
export interface Expecting {
  /** Settings that what was measured with others says nothing about; crops, batches, images and cores are no such. */
  settings(config: Config): unknown;
  /** Names of other stages that do the same, on other labels. */
  readonly likeStages?: readonly string[];
  /** What it needs for all its work. */
  needs(context: StageContext, image: UsualImage): Expectation;
}

/** How to tell what stages need, by their names. */
export type Expectations = Readonly<Record<string, Expecting>>;

/** A usual image of the data set, and what works on it. */
export interface UsualImage {
  /** Rows times columns, in millions. */
  readonly megapixels: number;
  /** Classes that are in it. */
  readonly classes: number;
  /** Name of the tensor library. */
  readonly backend: string;
}

/** Seconds a megapixel forward through both branches of IRNet, as those of the network below. */
const BRANCHES = 0.3;

const trained = ({ config, dataset }: StageContext) => dataset.list(config.data.trainList).length;
const inferred = ({ config, dataset }: StageContext) => dataset.list(config.data.inferList).length;
const both = ({ config: { data }, dataset }: StageContext) =>
  new Set([...dataset.list(data.trainList), ...dataset.list(data.inferList)]).size;

/** What the stages of IRNet need. */
export const expectations: Expectations = {
  backbone_train: {
    settings: ({ backbone }) => backbone.network,
    needs: ({ config, dataset }, image) => {
      const training = config.backbone.pretraining!, { forward, bytes, weights } = network(config);
      const images = dataset.list(config.data.classifierList ?? config.data.trainList).length;
      return {
        parts: [steps(images, training, { cost: 3 * forward, config, image })],
        bytes: 4 * weights,
        memory: trainingMemory(training, 1.5 * bytes),
      };
    },
  },
  cam_train: {
    settings: ({ backbone }) => backbone.network,
    needs: ({ config, dataset }, image) => {
      const { training } = config.cam, { forward, bytes, weights } = network(config);
      const { classifierList, trainList, valList } = config.data;
      const images = dataset.list(classifierList ?? trainList).length;
      const validation = valList === null ? 0 : dataset.list(valList).length;
      const cost = forward * square(training.crop);
      return {
        parts: [
          ...(config.cam.weights === null ? [steps(images, training, { cost: 2 * forward, config, image })] : []),
          inferences(validation, { cost, config, image, shared: false }),
        ],
        bytes: 3 * weights,
        memory: trainingMemory(training, 1.2 * bytes),
      };
    },
  },
  cam: {
    settings: ({ backbone, cam }) => [backbone.network, cam.from !== null],
    needs: (context, image) => {
      const { config } = context, { scales } = config.cam, { forward, bytes } = network(config), { megapixels } = image;
      const area = scales.reduce((sum, scale) => sum + scale * scale, 0);
      return {
        parts: [inferences(both(context), { cost: forward * 2 * area * megapixels, config, image })],
        bytes: 1.5 * 4 * area * megapixels * 1e6 / 256,
        memory: 0.3 * GIB + bytes * 2 * Math.max(...scales) ** 2 * megapixels,
      };
    },
  },
  relation: onCores(trained, {
    seconds: ({ classes }) => 1.3 + 0.45 * classes,
    bytes: (megapixels) => 45_000 * megapixels,
    settings: ({ relation }) => relation.crf.iterations,
  }),
  irnet_train: {
    settings: (
      { backbone, irnet },
    ) => [backbone.network, backbone.taps, irnet.training.radius, irnet.displacementWidth],
    needs: ({ config, dataset }, image) => {
      const { training, crop, weights: given } = config.irnet, { forward, bytes, weights } = network(config);
      const { trainList, meanDisplacementList, inferList } = config.data;
      const images = dataset.list(trainList).length, mean = dataset.list(meanDisplacementList ?? inferList).length;
      const cost = (forward + BRANCHES) * square(crop);
      return {
        parts: given !== null ? [] : [
          steps(images, training, { cost: forward + 4 * BRANCHES, config, image }),
          inferences(mean, { cost, config, image, shared: false }),
        ],
        bytes: 2 * weights + 20 * MIB,
        memory: trainingMemory(training, 2 * (bytes + GIB / 2)),
      };
    },
  },
  irnet: {
    settings: ({ backbone, irnet }) => [backbone.network, backbone.taps, irnet.displacementWidth],
    needs: (context, image) => {
      const { config } = context, { forward, bytes } = network(config), { megapixels } = image;
      const canvas = Math.max(square(config.irnet.crop), megapixels);
      return {
        parts: [inferences(inferred(context), { cost: (2 * forward + 1.2 * BRANCHES) * canvas, config, image })],
        bytes: 0.9 * 12 * megapixels * 1e6 / 16,
        memory: 0.3 * GIB + 3 * bytes * canvas,
      };
    },
  },
  instance: onCores(inferred, {
    seconds: ({ classes }) => 0.7 + 0.4 * classes,
    bytes: (megapixels) => 50_000 * megapixels,
    settings: ({ walk, displacement }) => [walk, displacement],
  }),
  semantic: onCores(inferred, {
    seconds: ({ classes }) => 0.5 + 0.1 * classes,
    bytes: (megapixels) => 20_000 * megapixels,
    settings: ({ walk }) => walk,
  }),
  measure: onCores(both, {
    // The labels of images that got some are judged, and where true instances are exact also the walk by itself.
    seconds: ({ classes }, context) => {
      const exact = context.dataset.list(context.config.data.instanceList).length;
      return (inferred(context) + Math.min(exact, inferred(context)) * classes) / both(context);
    },
    bytes: () => 12_000,
    settings: ({ walk, evaluation }) => [walk, evaluation],
  }),
  evaluation: {
    settings: () => null,
    needs: (context) => ({
      parts: [{ unit: "images", count: pictures(context), seconds: 1 }],
      bytes: 5 * MIB,
      memory: 0.7 * GIB,
    }),
  },
};

/** Images that the report shows: those asked for, and a quarter as many that went worst. */
function pictures(context: StageContext): number {
  return Math.min(inferred(context), Math.ceil(1.25 * context.config.evaluation.pictures));
}
