/**
 * Every setting, once: its type and bounds, what it is, its unit, where its value comes from, whether it is a path, and
 * its default, which is the value of the preset `paper`. Types, checks, permissions, the files of clusters and
 * `config --help` follow from this.
 * @module
 */
import { NETWORKS } from "../nn/backbone.ts";
import { z } from "zod";
import { MOST_LABELS } from "../data/image.ts";
import { CHOICE } from "../evaluation/threshold_origin.ts";
import { VOC_CLASSES } from "../data/class_names.ts";

/** Facts of a setting beside its type; of a group, `help` and defaults of what is in it. */
export interface SettingFacts {
  /** Meaning. */
  readonly help: string;
  /** Value in the preset `paper`. */
  readonly default?: unknown;
  /** Unit; absent: none. */
  readonly unit?: string;
  /** Where the default comes from; absent: as that of its group; empty: chosen here. */
  readonly source?: string;
  /** Kind of path that it is: begins with `file` or `folder`, or is `file or folder`; absent: no path. */
  readonly path?: string;
  /** Path that a run makes, so that it need not exist. */
  readonly isMade?: true;
  /** Name of a list of images, or the path of a text file. */
  readonly isList?: true;
}

/** A type with its facts. */
function setting<T extends z.ZodType>(type: T, facts: SettingFacts): T {
  return type.meta({ ...facts });
}

const CODE = "released code",
  PSA = "AffinityNet's code",
  AMN = "AMN's code",
  DEEPLAB = "DeepLab-v2, in part",
  MASK_RCNN = "Mask R-CNN",
  LPCAM = "LPCAM's code";
const STRIDE_4 = "pixels at stride 4", STRIDE_8 = "pixels at stride 8", PIXELS = "pixels";

const text = z.string();
const flag = z.boolean();
const whole = z.number().int();
const count = whole.min(1);
const natural = whole.min(0);
const positive = z.number().positive();
const weight = z.number().min(0);
const fraction = z.number().min(0).max(1);
const side = whole.min(16);
const radius = whole.min(2);
const range = z.tuple([positive, positive]);
const scales = z.array(positive).min(1);
const fractions = z.array(fraction).min(1);

const list = (help: string, initial: string) => setting(text, { help, default: initial, isList: true });
const optionalList = (help: string, initial: string | null) =>
  setting(text.nullable(), { help, default: initial, isList: true });
const weights = (help: string) => setting(text.nullable(), { help, default: null, path: "file" });

/** `from`, `from` + `by`, … `to`. */
const steps = (from: number, to: number, by: number) =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, i) => Number((from + i * by).toFixed(6)));

const optimiser = z.strictObject({
  method: setting(z.enum(["sgd", "adam", "adamw"]), {
    help: "SGD with momentum, Adam, or Adam with decoupled weight decay",
  }),
  learningRate: setting(positive, { help: "Learning rate of the backbone, or of the class-boundary branch" }),
  headFactor: setting(positive, { help: "Factor of the learning rate of classifier, displacement branch or heads" }),
  momentum: setting(fraction, { help: "Momentum of SGD; the released code's weight decay slipped into this place" }),
  weightDecay: setting(weight, { help: "Weight decay" }),
  power: setting(weight, { help: "Power of the polynomial decay of the learning rate; 0: it stays" }),
  warmup: setting(fraction, { help: "Steps with linearly rising learning rate", unit: "fraction of all" }),
  clip: setting(positive.optional(), { help: "Largest norm of the gradients; absent: any", source: "" }),
});

const training = z.strictObject({
  crop: setting(side, { help: "Side of the square crop", unit: PIXELS }),
  batch: setting(count, { help: "Batch of a step", unit: "images" }),
  microBatch: setting(count, {
    help: "Batch that passes through the network at once; gradients are summed",
    unit: "images",
    source: "",
  }),
  epochs: setting(count, { help: "Epochs" }),
  optimiser: setting(optimiser, { help: "Optimiser" }),
});
const scaledTraining = training.extend({ scale: setting(range, { help: "Range of the random scale" }) });

const releasedSgd: OptimiserSettings = {
  method: "sgd",
  learningRate: 0.1,
  headFactor: 10,
  momentum: 1e-4,
  weightDecay: 1e-4,
  power: 0.9,
  warmup: 0,
};

const data = z.strictObject({
  root: setting(text.nullable(), {
    help: "Folder of the images, or of VOC's JPEGImages, ImageSets, …; a run needs it",
    default: null,
    path: "folder with images",
  }),
  labels: setting(text.nullable(), {
    help: "JSON, CSV or cls_labels.npy of class names, VOC's XML, or images in folders; null: those in the root",
    default: null,
    path: "file or folder",
  }),
  negatives: setting(text.nullable(), {
    help: "Folder of images without any class, which classifiers train on besides; null: none",
    default: null,
    path: "folder with images",
  }),
  labelColumn: setting(text.min(1).nullable(), {
    help: "Headings of the columns of class names in a CSV, a,b; null: found by their names",
    default: null,
  }),
  classes: setting(z.array(text.min(1)).min(1).max(MOST_LABELS), {
    help: "Names of the classes; label ids are index + 1, of a byte a pixel",
    default: [...VOC_CLASSES],
    source: "PASCAL VOC",
  }),
  longSide: setting(side.nullable(), {
    help: "Longer side at which all stages see images that are larger; masks come out at full size; null: as they are",
    default: null,
    unit: PIXELS,
  }),
  trainList: list("Images that IRNet trains on", "train_aug"),
  classifierList: optionalList("Images that the classifier trains on; null: trainList", null),
  valList: optionalList("Images that classification is judged on; null: none", "val"),
  inferList: list("Images that get pseudo labels, judged where there is ground truth", "train"),
  instanceList: list("Images whose ground truth of instances is exact", "train"),
  prototypeList: optionalList("Images whose features are LPCAM's prototypes; null: trainList", null),
  meanDisplacementList: optionalList("Images of the mean displacement; null: inferList, as the released code", null),
});

const backbone = z.strictObject({
  network: setting(z.enum(NETWORKS), { help: "Network", default: "resnet50" }),
  weights: weights("Its weights, safetensors or a PyTorch checkpoint; null: random initialisation"),
  taps: setting(z.enum(["inner", "block"]), {
    help: "What IRNet reads of EfficientNet: inside blocks, or after them",
    default: "block",
  }),
  pretraining: setting(
    scaledTraining.extend({
      shift: setting(fraction, { help: "Largest random shift", unit: "fraction of the side" }),
      colourJitter: setting(fraction, { help: "Strength of random brightness, contrast and saturation" }),
    }).nullable(),
    { help: "Classification from scratch before that of CAMs; null: none", default: null },
  ),
});

const prototypes = z.strictObject({
  clusters: setting(count, {
    help: "Clusters of a class's features inside its CAMs, and of those outside",
    default: 12,
  }),
  select: setting(fraction, { help: "Score of a CAM of maximum 1 that tells inside from outside", default: 0.1 }),
  foreground: setting(fraction, {
    help: "Probability of the class above which a centre inside is a prototype",
    default: 0.9,
  }),
  context: setting(z.tuple([fraction, fraction]).refine(([low, high]) => low < high, "the lower number first"), {
    help: "Probabilities of the class between which a centre outside is context",
    default: [0.05, 0.9],
  }),
  images: setting(count.nullable(), {
    help: "Images of a class whose features are looked at, drawn from the list; null: all",
    default: null,
  }),
  vectors: setting(count, {
    help: "Features that are clustered, drawn from all inside, and from all outside",
    default: 20000,
    source: "",
  }),
  iterations: setting(count, { help: "Rounds of clustering, at most", default: 30, source: "" }),
});

const cam = z.strictObject({
  weights: weights("A trained classifier with its backbone; null: train one"),
  from: setting(text.nullable(), {
    help: "CAMs of another method, <id>.npz or <id>.npy; null: make them",
    default: null,
    path: "folder with class attention maps",
  }),
  training: setting(
    training.extend({
      resizeLong: setting(z.tuple([count, count]).nullable(), {
        help: "Range of the longer side; null: no resizing",
        unit: PIXELS,
      }),
    }),
    {
      help: "Training of the classifier",
      default: { crop: 512, batch: 16, microBatch: 4, epochs: 5, optimiser: releasedSgd, resizeLong: [320, 640] },
      source: CODE,
    },
  ),
  method: setting(z.enum(["cam", "lpcam"]), {
    help: "Maps of the classifier's weights, or of prototypes of features (LPCAM)",
    default: "cam",
  }),
  prototypes: setting(prototypes, {
    help: "LPCAM's prototypes",
    source: LPCAM,
  }),
  scales: setting(scales, {
    help: "Scales of the image whose maps are summed",
    default: [1, 0.5, 1.5, 2],
    source: CODE,
  }),
  threshold: setting(fraction, { help: "Background score when CAMs are judged", default: 0.15, source: CODE }),
});

const relation = z.strictObject({
  foreground: setting(fraction, { help: "Scores above are confident foreground", default: 0.3, source: CODE }),
  background: setting(fraction, { help: "Scores below are confident background", default: 0.05, source: CODE }),
  crf: setting(
    z.strictObject({
      iterations: setting(count, { help: "Mean-field iterations", default: 10, source: CODE }),
      confidence: setting(fraction, { help: "Probability of the given label", default: 0.7, source: CODE }),
      gaussian: setting(
        z.strictObject({
          position: setting(positive, { help: "Standard deviation", unit: PIXELS, default: 3, source: CODE }),
          weight: setting(weight, { help: "Weight", default: 3, source: CODE }),
        }),
        { help: "Smoothness kernel" },
      ),
      bilateral: setting(
        z.strictObject({
          position: setting(positive, { help: "Standard deviation", unit: PIXELS, default: 50, source: CODE }),
          colour: setting(positive, {
            help: "Standard deviation",
            unit: "grey levels of 255",
            default: 5,
            source: CODE,
          }),
          weight: setting(weight, { help: "Weight", default: 10, source: CODE }),
        }),
        { help: "Appearance kernel" },
      ),
    }),
    { help: "Dense CRF that refines both" },
  ),
});

const amn = z.strictObject({
  use: setting(flag, { help: "AMN's maps take the place of CAMs from the training of IRNet on", default: false }),
  weights: weights("A trained AMN with its backbone; null: train one"),
  training: setting(scaledTraining, {
    help: "Training on confident labels",
    default: {
      ...{ crop: 512, batch: 16, microBatch: 4, epochs: 5, scale: [0.5, 1.5] },
      optimiser: { ...releasedSgd, method: "adam", learningRate: 5e-6, headFactor: 20, momentum: 0, power: 0 },
    },
    source: AMN,
  }),
  smoothing: setting(fraction, {
    help: "Probability that a target gives to the classes that a pixel is not labelled with",
    default: 0.4,
    source: AMN,
  }),
  scales: setting(scales, {
    help: "Scales of the image whose logits are averaged",
    default: [1, 0.5, 1.5, 2],
    source: AMN,
  }),
  threshold: setting(fraction, { help: "Background score when its maps are judged", default: 0.25, source: AMN }),
  foreground: setting(fraction, { help: "As relation.foreground, of its maps", default: 0.45, source: AMN }),
  background: setting(fraction, { help: "As relation.background, of its maps", default: 0.15, source: AMN }),
});

const irnet = z.strictObject({
  weights: weights("A trained IRNet with its backbone; null: train one"),
  training: setting(
    scaledTraining.extend({
      radius: setting(radius, { help: "Radius of pixel pairs", unit: STRIDE_4 }),
      backgroundDisplacement: setting(weight, { help: "Weight of the background displacement loss" }),
    }),
    {
      help: "Training of both branches",
      default: {
        ...{ crop: 512, batch: 32, microBatch: 4, epochs: 3, optimiser: releasedSgd, scale: [0.5, 1.5] },
        ...{ radius: 10, backgroundDisplacement: 1 },
      },
      source: CODE,
    },
  ),
  displacementWidth: setting(side.multipleOf(16), {
    help: "Channels of the widest displacement layers",
    default: 256,
    source: CODE,
  }),
  crop: setting(side, { help: "Least side of the inference canvas", unit: PIXELS, default: 512, source: CODE }),
});

const affinityNet = z.strictObject({
  training: setting(scaledTraining, {
    help: "Training of the affinities",
    default: {
      ...{ crop: 448, batch: 8, microBatch: 2, epochs: 8, optimiser: { ...releasedSgd, weightDecay: 5e-4 } },
      scale: [0.5, 1.5],
    },
    source: PSA,
  }),
  radius: setting(radius, { help: "Radius of pixel pairs", unit: STRIDE_8, default: 5, source: PSA }),
  alpha: setting(positive, {
    help: "Exponent of the background score (1 − highest CAM)^alpha",
    default: 16,
    source: PSA,
  }),
  beta: setting(positive, { help: "Exponent on affinities", default: 8, source: PSA }),
  steps: setting(natural, { help: "Steps of the random walk", default: 256, source: PSA }),
});

const deepLab = z.strictObject({
  stride: setting(z.union([z.literal(8), z.literal(16)]), {
    help: "Total stride of the backbone; the sample's: 8",
    default: 16,
  }),
  training: setting(scaledTraining, {
    help: "Training of backbone and pyramid",
    default: {
      ...{ crop: 321, batch: 10, microBatch: 5, epochs: 20 },
      optimiser: { ...releasedSgd, learningRate: 2.5e-3, momentum: 0.9, weightDecay: 5e-4 },
      scale: [0.5, 1.5],
    },
    source: DEEPLAB,
  }),
  scales: setting(scales, { help: "Scales of the image whose probabilities are averaged", default: [0.75, 1, 1.25] }),
  crf: setting(flag, { help: "A dense CRF refines the result", default: false }),
});

const maskRcnn = z.strictObject({
  training: setting(
    scaledTraining.extend({ crop: setting(side.multipleOf(16), { help: "Side of the square crop", unit: PIXELS }) }),
    {
      help: "Training of pyramid, heads and the later layers of the backbone",
      default: {
        ...{ crop: 512, batch: 8, microBatch: 2, epochs: 12 },
        optimiser: { ...releasedSgd, learningRate: 0.01, headFactor: 1, momentum: 0.9, warmup: 0.05 },
        scale: [0.75, 1.5],
      },
    },
  ),
  score: setting(fraction, {
    help: "Pseudo instances of a lower score are not learned; of score 0, never",
    default: 0,
  }),
  pyramidWidth: setting(count, { help: "Channels of the feature pyramid", default: 256, source: MASK_RCNN }),
  boxWidth: setting(count, { help: "Units of the two fully connected layers", default: 1024, source: MASK_RCNN }),
  maskWidth: setting(count, { help: "Channels of the mask branch", default: 256, source: MASK_RCNN }),
  anchor: setting(positive, {
    help: "Side of the square anchor of a level",
    unit: "strides of the level",
    default: 8,
    source: MASK_RCNN,
  }),
  anchors: setting(whole.min(2), {
    help: "Anchors of an image that are learned in a step",
    default: 256,
    source: MASK_RCNN,
  }),
  regions: setting(whole.min(4), { help: "Regions of an image that are learned in a step", default: 256 }),
  proposals: setting(
    z.strictObject({
      perLevel: setting(count, { help: "The best of each level that are looked at", default: 1000, source: MASK_RCNN }),
      most: setting(count, { help: "Those that stay in an image", default: 1000, source: MASK_RCNN }),
    }),
    { help: "Proposals" },
  ),
  detections: setting(count, { help: "Detections of an image, at most", default: 100, source: MASK_RCNN }),
});

const downstream = z.strictObject({
  trainList: list("Images whose pseudo labels the networks are trained on", "train_aug"),
  trainInstanceList: list("Those with exact ground truth of instances, for Mask R-CNN's upper bound", "train"),
  valList: list("Images with ground truth, on which the networks are judged", "val"),
  valInstanceList: list("Those whose ground truth of instances is exact", "val"),
  affinityNet: setting(affinityNet, { help: "AffinityNet, IRNet's predecessor, as another source of semantic labels" }),
  deepLab: setting(deepLab, { help: "DeepLab-v2, trained on semantic labels" }),
  maskRcnn: setting(maskRcnn, { help: "Mask R-CNN, trained on instance masks" }),
});

/** A whole configuration; unknown keys are errors. */
export const configSchema = z.strictObject({
  preset: setting(z.enum(["paper", "lite", "sample", "coco"]), {
    help: "The preset it started from",
    default: "paper",
  }),
  workdir: setting(text.min(1).nullable(), {
    help: "Folder of all results; null: out/<preset>",
    default: null,
    path: "folder",
    isMade: true,
  }),
  seed: setting(natural.max(2 ** 32 - 1), { help: "Seed of all randomness", default: 0 }),
  data: setting(data, { help: "Data set; lists are names below ImageSets/Segmentation, paths of text files, or all" }),
  backbone: setting(backbone, { help: "Network below CAMs and IRNet" }),
  cam: setting(cam, { help: "Class Attention Maps" }),
  relation: setting(relation, { help: "Inter-pixel Relation Mining from CAMs" }),
  amn: setting(amn, { help: "AMN, a second stage of class maps between confident labels and IRNet" }),
  irnet: setting(irnet, { help: "IRNet and its training" }),
  displacement: setting(
    z.strictObject({
      iterations: setting(count, { help: "Rounds of refinement", default: 300, source: CODE }),
      clusterThreshold: setting(positive, {
        help: "Displacement below which a pixel is a centroid",
        unit: STRIDE_4,
        default: 2.5,
        source: CODE,
      }),
    }),
    { help: "Generating Class-agnostic Instance Map" },
  ),
  walk: setting(
    z.strictObject({
      radius: setting(radius, { help: "Reach of a step", unit: STRIDE_4, default: 5, source: CODE }),
      beta: setting(positive, { help: "Exponent on affinities", default: 10, source: CODE }),
      steps: setting(natural, { help: "Steps", default: 256, source: "paper; released code, 2^8" }),
    }),
    { help: "Random walk" },
  ),
  synthesis: setting(
    z.strictObject({
      camPower: setting(positive, {
        help: "Power that CAMs are raised to before the random walk; its successors take 1.3 or 1.5",
        default: 1,
        source: CODE,
      }),
      instanceThreshold: setting(fraction, {
        help: "Background score of instance labels",
        default: 0.25,
        source: CODE,
      }),
      semanticThreshold: setting(fraction, {
        help: "Background score of semantic labels",
        default: 0.25,
        source: CODE,
      }),
      fragment: setting(fraction, {
        help: "Area below which a component scores 0",
        unit: "fraction of the image",
        default: 0.01,
        source: CODE,
      }),
      score: setting(z.enum(["maximum", "mean_area"]), {
        help: "Score of an instance: maximum inside, of the best in each image 1; or mean × √area, across images",
        default: "maximum",
        source: CODE,
      }),
    }),
    { help: "Synthesizing Instance Segmentation Labels" },
  ),
  evaluation: setting(
    z.strictObject({
      classes: setting(z.array(text).nullable(), { help: "Classes that enter the means; null: all", default: null }),
      ious: setting(fractions, { help: "IoU thresholds of AP", default: [0.25, 0.5, 0.7, 0.75] }),
      camThresholds: setting(fractions, { help: "Thresholds swept for CAMs", default: steps(0.05, 0.5, 0.05) }),
      pseudoThresholds: setting(fractions, {
        help: "Thresholds swept for pseudo labels",
        default: steps(0.1, 0.6, 0.05),
      }),
      camPowers: setting(z.array(positive).min(1), {
        help: "Powers of CAMs swept for pseudo labels, beside those thresholds, by evaluate --sweep",
        default: [1, 1.3, 1.6, 2],
      }),
      colourBaseline: setting(flag, {
        help: "A control that knows colours alone, fitted on ground truth",
        default: false,
      }),
      chosen: setting(z.array(text.regex(CHOICE)), {
        help: "Thresholds chosen on images, key=value maps|masks list; others count as fixed before",
        default: [],
      }),
      pictures: setting(natural, { help: "Images shown in the report", default: 12 }),
    }),
    { help: "How results are judged" },
  ),
  downstream: setting(downstream, { help: "Networks trained on pseudo labels, by the command compare" }),
  compute: setting(
    z.strictObject({
      backend: setting(z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]), {
        help: "Tensor library",
        default: "auto",
      }),
      precision: setting(z.enum(["auto", "float32", "bfloat16"]), {
        help: "What TensorFlow's convolutions multiply; auto: bfloat16 where it is much faster",
        default: "float32",
      }),
      threads: setting(natural, { help: "Threads of the tensor library; 0: all cores", default: 0 }),
      workers: setting(natural, {
        help: "Workers of stages without tensors, with wasm of the others too; 0: one a core",
        default: 0,
      }),
    }),
    { help: "What computes" },
  ),
});

/** Every setting of a run: a complete configuration. */
export type Config = z.infer<typeof configSchema>;
/** Settings that all trainings have. */
export type TrainingSettings = z.infer<typeof training>;
/** Settings of an optimiser. */
export type OptimiserSettings = z.infer<typeof optimiser>;
