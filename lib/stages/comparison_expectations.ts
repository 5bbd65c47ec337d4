/** What the stages of the command `compare` need, as far as it can be told before. */
import { GIB, inferences, MIB, network, onCores, steps, trainingMemory } from "./_costs.ts";
import { type Expectations, expectations, type Expecting } from "./expectations.ts";
import { LABEL_SOURCES, type LabelSource } from "./downstream/_label_sources.ts";
import { MASK_SOURCES, type MaskSource } from "./downstream/mask_rcnn.ts";

/** How many times as long the later layers of a backbone take at stride 8 as at 16. */
const dense = (stride: number) => stride === 8 ? 2 : 1;

const trainDeepLab: Expecting = {
  settings: ({ backbone, downstream: { deepLab } }) => [backbone.network, deepLab.stride],
  likeStages: LABEL_SOURCES.map((source) => `deeplab_${source}_train`),
  needs: ({ config, dataset }, image) => {
    const { training, stride } = config.downstream.deepLab, { forward, bytes, weights } = network(config);
    const images = dataset.list(config.downstream.trainList).length;
    return {
      parts: [steps(images, training, { cost: 3 * forward * dense(stride), config, image })],
      bytes: 3 * weights,
      memory: trainingMemory(training, 1.5 * bytes * dense(stride)),
    };
  },
};

const inferDeepLab: Expecting = {
  settings: ({ backbone, downstream: { deepLab } }) => [backbone.network, deepLab.stride, deepLab.crf],
  likeStages: LABEL_SOURCES.map((source) => `deeplab_${source}`),
  needs: ({ config, dataset }, image) => {
    const { scales, stride } = config.downstream.deepLab, { forward, bytes } = network(config), { megapixels } = image;
    const area = scales.reduce((sum, scale) => sum + scale * scale, 0);
    const cost = 2 * forward * dense(stride) * area * megapixels;
    return {
      parts: [inferences(dataset.list(config.downstream.valList).length, { cost, config, image })],
      bytes: 15_000 * megapixels,
      memory: 0.3 * GIB + 2 * bytes * dense(stride) * Math.max(...scales) ** 2 * megapixels,
    };
  },
};

const maskList = (source: MaskSource) => source === "truth" ? "trainInstanceList" : "trainList";

const trainMaskRcnn = (source: MaskSource): Expecting => ({
  settings: ({ backbone, downstream: { maskRcnn: { pyramidWidth, boxWidth, maskWidth, regions } } }) => [
    [backbone.network, backbone.taps],
    [pyramidWidth, boxWidth, maskWidth, regions],
  ],
  likeStages: MASK_SOURCES.map((source) => `mask_rcnn_${source}_train`),
  needs: ({ config, dataset }, image) => {
    const { training } = config.downstream.maskRcnn, { forward, bytes, weights } = network(config);
    const images = dataset.list(config.downstream[maskList(source)]).length;
    return {
      parts: [
        { unit: "images", count: images, seconds: 0.1 * image.megapixels }, // looks for instances
        steps(images, training, { cost: 4 * forward, config, image }),
      ],
      bytes: 3 * weights + 40 * MIB,
      memory: trainingMemory(training, 3 * bytes),
    };
  },
});

const inferMaskRcnn: Expecting = {
  settings: ({ backbone, downstream: { maskRcnn: { pyramidWidth, boxWidth, maskWidth, proposals } } }) => [
    [backbone.network, backbone.taps],
    [pyramidWidth, boxWidth, maskWidth, proposals],
  ],
  likeStages: MASK_SOURCES.map((source) => `mask_rcnn_${source}`),
  needs: ({ config, dataset }, image) => {
    const { forward, bytes } = network(config), { megapixels } = image;
    const count = dataset.list(config.downstream.valInstanceList).length;
    return {
      parts: [inferences(count, { cost: 3 * forward * megapixels, config, image })],
      bytes: 50_000 * megapixels,
      memory: 0.3 * GIB + 3 * bytes * megapixels,
    };
  },
};

const affinityNet: Expectations = {
  affinitynet_train: {
    settings: ({ backbone, downstream }) => [backbone.network, backbone.taps, downstream.affinityNet.radius],
    needs: ({ config, dataset }, image) => {
      const { training } = config.downstream.affinityNet, { forward, bytes, weights } = network(config);
      const images = dataset.list(config.data.trainList).length;
      return {
        parts: [steps(images, training, { cost: 3 * forward * dense(8), config, image })],
        bytes: 3 * weights,
        memory: trainingMemory(training, 2 * bytes),
      };
    },
  },
  affinitynet: {
    settings: ({ backbone, downstream: { affinityNet: { radius, steps } } }) => [
      [backbone.network, backbone.taps],
      [radius, steps],
    ],
    needs: ({ config, dataset }, image) => {
      const { forward, bytes } = network(config), { megapixels, classes } = image;
      const count = dataset.list(config.downstream.trainList).length;
      const cost = (forward * dense(8) + 0.2 * (1 + classes)) * megapixels;
      return {
        parts: [inferences(count, { cost, config, image })],
        bytes: 15_000 * megapixels,
        memory: 0.3 * GIB + 2 * bytes * megapixels,
      };
    },
  },
};

/** What the stages of the command `compare` need. */
export const comparisonExpectations: Expectations = {
  ...expectations,
  ...affinityNet,
  ...Object.fromEntries(LABEL_SOURCES.flatMap((source: LabelSource) => [
    [`deeplab_${source}_train`, trainDeepLab],
    [`deeplab_${source}`, inferDeepLab],
  ])),
  ...Object.fromEntries(MASK_SOURCES.flatMap((source) => [
    [`mask_rcnn_${source}_train`, trainMaskRcnn(source)],
    [`mask_rcnn_${source}`, inferMaskRcnn],
  ])),
  compare_measure: onCores(
    ({ config: { downstream }, dataset }) =>
      new Set([...dataset.list(downstream.trainList), ...dataset.list(downstream.valList)]).size,
    {
      seconds: ({ classes }) => 0.5 + 0.5 * classes,
      bytes: () => 3_000,
      settings: ({ walk }) => walk,
    },
  ),
};
