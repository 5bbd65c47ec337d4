/** What values the settings may have. */
import { z } from "zod";
import type { Config } from "./config.ts";

const probability = z.number().min(0).max(1);
const count = z.number().int().min(1);
const range = z.tuple([z.number().positive(), z.number().positive()]);

const optimiser = z.strictObject({
  method: z.enum(["sgd", "adam", "adamw"]),
  learningRate: z.number().positive(),
  headFactor: z.number().positive(),
  momentum: probability,
  weightDecay: z.number().min(0),
  power: z.number().positive(),
  warmup: probability,
});

const training = z.strictObject({
  crop: z.number().int().min(16),
  batch: count,
  microBatch: count,
  epochs: count,
  optimiser,
});

/** Checks a whole configuration; unknown keys are errors. */
export const configSchema: z.ZodType<Config> = z.strictObject({
  preset: z.enum(["paper", "lite", "sample"]),
  workdir: z.string().min(1).nullable(),
  seed: z.number().int().min(0).max(2 ** 32 - 1),
  data: z.strictObject({
    root: z.string().nullable(),
    labels: z.string().nullable(),
    classes: z.array(z.string().min(1)).min(1).max(254),
    trainList: z.string(),
    classifierList: z.string().nullable(),
    valList: z.string().nullable(),
    inferList: z.string(),
    instanceList: z.string(),
    meanDisplacementList: z.string().nullable(),
  }),
  backbone: z.strictObject({
    network: z.enum(["resnet50", "efficientnet_lite0", "sample"]),
    weights: z.string().nullable(),
    taps: z.enum(["inner", "block"]),
    pretraining: training.extend({ scale: range, shift: probability, colourJitter: probability }).nullable(),
  }),
  cam: z.strictObject({
    weights: z.string().nullable(),
    from: z.string().nullable(),
    training: training.extend({ resizeLong: z.tuple([count, count]).nullable() }),
    scales: z.array(z.number().positive()).min(1),
    threshold: probability,
  }),
  relation: z.strictObject({
    foreground: probability,
    background: probability,
    crf: z.strictObject({
      iterations: count,
      confidence: probability,
      gaussian: z.strictObject({ position: z.number().positive(), weight: z.number().min(0) }),
      bilateral: z.strictObject({
        position: z.number().positive(),
        colour: z.number().positive(),
        weight: z.number().min(0),
      }),
    }),
  }),
  irnet: z.strictObject({
    weights: z.string().nullable(),
    training: training.extend({
      scale: range,
      radius: z.number().int().min(2),
      backgroundDisplacement: z.number().min(0),
    }),
    displacementWidth: z.number().int().min(16).multipleOf(16),
    crop: z.number().int().min(16),
  }),
  displacement: z.strictObject({ iterations: count, clusterThreshold: z.number().positive() }),
  walk: z.strictObject({
    radius: z.number().int().min(2),
    beta: z.number().positive(),
    steps: z.number().int().min(0),
  }),
  synthesis: z.strictObject({ instanceThreshold: probability, semanticThreshold: probability, fragment: probability }),
  evaluation: z.strictObject({
    classes: z.array(z.string()).nullable(),
    ious: z.array(probability).min(1),
    camThresholds: z.array(probability).min(1),
    pseudoThresholds: z.array(probability).min(1),
    colourBaseline: z.boolean(),
    pictures: z.number().int().min(0),
  }),
  downstream: z.strictObject({
    trainList: z.string(),
    trainInstanceList: z.string(),
    valList: z.string(),
    valInstanceList: z.string(),
    affinityNet: z.strictObject({
      training: training.extend({ scale: range }),
      radius: z.number().int().min(2),
      alpha: z.number().positive(),
      beta: z.number().positive(),
      steps: z.number().int().min(0),
    }),
    deepLab: z.strictObject({
      stride: z.union([z.literal(8), z.literal(16)]),
      training: training.extend({ scale: range }),
      scales: z.array(z.number().positive()).min(1),
      crf: z.boolean(),
    }),
    maskRcnn: z.strictObject({
      training: training.extend({ crop: z.number().int().min(16).multipleOf(16), scale: range }),
      score: probability,
      pyramidWidth: count,
      boxWidth: count,
      maskWidth: count,
      anchor: z.number().positive(),
      anchors: z.number().int().min(2),
      regions: z.number().int().min(4),
      proposals: z.strictObject({ perLevel: count, most: count }),
      detections: count,
    }),
  }),
  compute: z.strictObject({
    backend: z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]),
    precision: z.enum(["auto", "float32", "bfloat16"]),
    threads: z.number().int().min(0),
    workers: z.number().int().min(0),
  }),
});
