/**
 * Every setting of the pipeline: one typed schema, grouped as the paper's sections, and its three presets.
 *
 * A run starts from a preset; a configuration file and `--set key=value` change single values of it.
 * Unknown keys and wrong types are errors that name the key.
 * @module
 */
import { z } from "zod";

/** The twenty classes of PASCAL VOC in their order; segmentation ids are index + 1. */
export const VOC_CLASSES: readonly string[] = [
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
];

const probability = z.number().min(0).max(1);
const count = z.number().int().min(1);
const range = z.tuple([z.number().positive(), z.number().positive()]);

const optimiser = z.strictObject({
  method: z.enum(["sgd", "adam", "adamw"]),
  learningRate: z.number().positive(), // of the backbone, or of the class-boundary branch
  headFactor: z.number().positive(), // learning-rate factor of the classifier, or of the displacement branch
  momentum: z.number().min(0).max(1), // SGD only; the released code runs with 1e-4, its weight decay slipped into this place
  weightDecay: z.number().min(0),
  power: z.number().positive(), // of the polynomial decay
  warmup: probability, // share of the steps with linearly rising rate
});

const training = z.strictObject({
  crop: z.number().int().min(16), // pixels, square
  batch: count,
  microBatch: count, // images that pass through the network at once; gradients of a batch are summed, which is exact
  epochs: count,
  optimiser,
});

/** The schema of a whole configuration. */
export const configSchema = z.strictObject({
  preset: z.enum(["paper", "lite", "sample"]),
  seed: z.number().int().min(0).max(2 ** 32 - 1),
  data: z.strictObject({
    root: z.string().nullable(), // folder with JPEGImages, ImageSets, …
    labels: z.string().nullable(), // JSON of id → class names; null: image_labels.json in the root, else Annotations/*.xml
    classes: z.array(z.string().min(1)).min(1).max(254),
    trainList: z.string(), // names below ImageSets/Segmentation, or paths of text files
    classifierList: z.string().nullable(), // images the classifier trains on; null: trainList
    valList: z.string(), // classification is judged on it
    inferList: z.string(), // gets pseudo labels, which are judged where true masks exist
    instanceList: z.string(), // the images whose true instance masks are exact
    meanDisplacementList: z.string().nullable(), // null: inferList, as the released code
  }),
  backbone: z.strictObject({
    network: z.enum(["resnet50", "efficientnet_lite0", "sample"]),
    weights: z.string().nullable(), // safetensors file; null: random initialisation
    taps: z.enum(["inner", "block"]), // EfficientNet: activations inside the blocks, or the block outputs
    pretraining: training.extend({
      scale: range,
      shift: probability, // share of the side
      colourJitter: z.number().min(0).max(1),
    }).nullable(), // classification from scratch, for backbones without ImageNet weights
  }),
  cam: z.strictObject({
    training: training.extend({
      resizeLong: z.tuple([count, count]).nullable(), // longer side in pixels, drawn uniformly; null: no resizing
    }),
    scales: z.array(z.number().positive()).min(1),
    threshold: probability, // background score when CAMs are judged
  }),
  relation: z.strictObject({
    foreground: probability, // above: confident foreground
    background: probability, // below: confident background
    crf: z.strictObject({
      iterations: count,
      confidence: probability, // probability of the given label
      gaussian: z.strictObject({ position: z.number().positive(), weight: z.number().min(0) }), // pixels
      bilateral: z.strictObject({
        position: z.number().positive(), // pixels
        colour: z.number().positive(), // grey levels of 255
        weight: z.number().min(0),
      }),
    }),
  }),
  irnet: z.strictObject({
    training: training.extend({
      scale: range,
      radius: z.number().int().min(2), // pixels at stride 4
      backgroundDisplacement: z.number().min(0), // weight of the background displacement loss
    }),
    displacementWidth: z.number().int().min(16).multipleOf(16), // channels of the widest displacement layers
    crop: z.number().int().min(16), // least side of the inference canvas, pixels
  }),
  displacement: z.strictObject({
    iterations: count,
    clusterThreshold: z.number().positive(), // pixels at stride 4
  }),
  walk: z.strictObject({
    radius: z.number().int().min(2), // pixels at stride 4
    beta: z.number().positive(), // exponent on affinities
    steps: z.number().int().min(0), // 2^8 in the released code
  }),
  synthesis: z.strictObject({
    instanceThreshold: probability,
    semanticThreshold: probability,
    fragment: probability, // share of the image below which a component scores 0
  }),
  evaluation: z.strictObject({
    classes: z.array(z.string()).nullable(), // rows that enter the means; null: all
    ious: z.array(probability).min(1), // thresholds of AP
    camThresholds: z.array(probability).min(1), // swept for CAMs
    pseudoThresholds: z.array(probability).min(1), // swept for pseudo labels
    colourBaseline: z.boolean(), // measure a control that knows nothing but colours, fitted on the training masks
    pictures: z.number().int().min(0), // images shown in the report
  }),
  compute: z.strictObject({
    backend: z.enum(["auto", "tensorflow", "wasm", "cpu"]),
    threads: z.number().int().min(0), // of the tensor library; 0: all cores
    workers: z.number().int().min(0), // for stages that need no tensors; 0: one a core
  }),
});

/** A complete, checked configuration. */
export type Config = z.infer<typeof configSchema>;

const releasedSgd = {
  method: "sgd",
  learningRate: 0.1,
  headFactor: 10,
  momentum: 1e-4,
  weightDecay: 1e-4,
  power: 0.9,
  warmup: 0,
} as const;

const steps = (from: number, to: number, by: number) =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, i) => Number((from + i * by).toFixed(6)));

/**
 * The released code's settings: ResNet-50 with ImageNet weights on VOC 2012.
 * `deno task pipeline --preset paper --voc-root … --set backbone.weights=…`
 */
const paper: Config = {
  preset: "paper",
  seed: 0,
  data: {
    root: null,
    labels: null,
    classes: [...VOC_CLASSES],
    trainList: "train_aug",
    classifierList: null,
    valList: "val",
    inferList: "train",
    instanceList: "train",
    meanDisplacementList: null,
  },
  backbone: { network: "resnet50", weights: null, taps: "block", pretraining: null },
  cam: {
    training: { crop: 512, batch: 16, microBatch: 4, epochs: 5, optimiser: releasedSgd, resizeLong: [320, 640] },
    scales: [1, 0.5, 1.5, 2],
    threshold: 0.15,
  },
  relation: {
    foreground: 0.3,
    background: 0.05,
    crf: {
      iterations: 10,
      confidence: 0.7,
      gaussian: { position: 3, weight: 3 },
      bilateral: { position: 50, colour: 5, weight: 10 },
    },
  },
  irnet: {
    training: {
      crop: 512,
      batch: 32,
      microBatch: 4,
      epochs: 3,
      optimiser: releasedSgd,
      scale: [0.5, 1.5],
      radius: 10,
      backgroundDisplacement: 1,
    },
    displacementWidth: 256,
    crop: 512,
  },
  displacement: { iterations: 300, clusterThreshold: 2.5 },
  walk: { radius: 5, beta: 10, steps: 256 },
  synthesis: { instanceThreshold: 0.25, semanticThreshold: 0.25, fragment: 0.01 },
  evaluation: {
    classes: null,
    ious: [0.25, 0.5, 0.7, 0.75],
    camThresholds: steps(0.05, 0.5, 0.05),
    pseudoThresholds: steps(0.1, 0.6, 0.05),
    colourBaseline: false,
    pictures: 12,
  },
  compute: { backend: "auto", threads: 0, workers: 0 },
};

/**
 * EfficientNet-Lite0 on VOC's animals, with the settings that were chosen for it on `train`.
 * `deno task pipeline --preset lite --voc-root … --set backbone.weights=…`
 */
const lite: Config = {
  ...paper,
  preset: "lite",
  data: { ...paper.data, instanceList: "train_instance" },
  backbone: { network: "efficientnet_lite0", weights: null, taps: "inner", pretraining: null },
  relation: { ...paper.relation, foreground: 0.35, background: 0.15 },
  irnet: {
    ...paper.irnet,
    training: { ...paper.irnet.training, batch: 16, epochs: 6, backgroundDisplacement: 0.5 },
  },
};

/**
 * A small network trained from random weights on generated images: the whole method in a few minutes on two cores.
 * `deno task demo`
 */
const sample: Config = {
  ...paper,
  preset: "sample",
  data: {
    root: "out/sample-data",
    labels: null,
    classes: ["round", "cross", "triangle", "diamond"],
    trainList: "train",
    classifierList: "train_classifier",
    valList: "val",
    inferList: "val",
    instanceList: "val",
    meanDisplacementList: "train",
  },
  backbone: {
    network: "sample",
    weights: null,
    taps: "block",
    pretraining: {
      crop: 160,
      batch: 16,
      microBatch: 16,
      epochs: 22,
      optimiser: {
        method: "adamw",
        learningRate: 1e-3,
        headFactor: 1,
        momentum: 0,
        weightDecay: 0.01,
        power: 0.9,
        warmup: 0.05,
      },
      scale: [0.6, 1.6],
      shift: 0.1,
      colourJitter: 0.2,
    },
  },
  cam: {
    training: {
      crop: 160,
      batch: 16,
      microBatch: 16,
      epochs: 4,
      optimiser: { ...releasedSgd, learningRate: 0.01 },
      resizeLong: [120, 200],
    },
    scales: [1, 0.5, 1.5, 2],
    threshold: 0.25,
  },
  relation: { ...paper.relation, foreground: 0.4, background: 0.12 },
  irnet: {
    training: {
      crop: 160,
      batch: 8,
      microBatch: 8,
      epochs: 12,
      optimiser: { ...releasedSgd, method: "adam", learningRate: 5e-3, headFactor: 1 },
      scale: [0.5, 1.5],
      radius: 6,
      backgroundDisplacement: 0.3,
    },
    displacementWidth: 64,
    crop: 160,
  },
  displacement: { iterations: 300, clusterThreshold: 1.5 },
  evaluation: { ...paper.evaluation, colourBaseline: true },
  compute: { backend: "wasm", threads: 0, workers: 0 },
};

/** The presets by name. */
export const presets: Readonly<Record<Config["preset"], Config>> = { paper, lite, sample };
