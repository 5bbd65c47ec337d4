/**
 * Every setting of the pipeline, grouped as the paper's sections, and the three presets.
 *
 * A run starts from a preset; a configuration file and `--set key=value` change single values of it.
 * @module
 */
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

/** How an optimiser steps. */
export interface OptimiserSettings {
  /** Stochastic gradient descent with momentum, or Adam without or with decoupled weight decay. */
  method: "sgd" | "adam" | "adamw";
  /** Learning rate of the backbone, or of the class-boundary branch. */
  learningRate: number;
  /** Learning-rate factor of the classifier, or of the displacement branch. */
  headFactor: number;
  /** Momentum, SGD only; the released code runs with 1e-4, its weight decay slipped into this place. */
  momentum: number;
  /** Weight decay. */
  weightDecay: number;
  /** Power of the polynomial decay of the learning rate. */
  power: number;
  /** Share of the steps with linearly rising rate. */
  warmup: number;
}

/** What all trainings have. */
export interface TrainingSettings {
  /** Side of the square crop in pixels. */
  crop: number;
  /** Images a step. */
  batch: number;
  /** Images that pass through the network at once; gradients of a batch are summed, which is exact. */
  microBatch: number;
  /** Passes over the images. */
  epochs: number;
  /** The optimiser. */
  optimiser: OptimiserSettings;
}

/** The data set. */
export interface DataSettings {
  /** Folder of the images, or of VOC's JPEGImages, ImageSets, …; must be set for a run. */
  root: string | null;
  /**
   * JSON or CSV file of ids and class names, or a folder of VOC's XML files; `null`: image_labels.json, labels.json,
   * image_labels.csv, labels.csv or Annotations in the root.
   */
  labels: string | null;
  /** Names of the classes; label ids are index + 1. */
  classes: string[];
  /**
   * Images that IRNet trains on. Lists are names below ImageSets/Segmentation, or paths of text files; `all`, where no
   * file has this name, is every image.
   */
  trainList: string;
  /** Images the classifier trains on; `null`: trainList. */
  classifierList: string | null;
  /** Images that classification is judged on; `null`: it is not judged. */
  valList: string | null;
  /** Images that get pseudo labels, which are judged where true masks exist. */
  inferList: string;
  /** Images whose true instance masks are exact. */
  instanceList: string;
  /** Images that the mean displacement is taken over; `null`: inferList, as the released code. */
  meanDisplacementList: string | null;
}

/** Classification from scratch, for backbones without ImageNet weights. */
export interface PretrainingSettings extends TrainingSettings {
  /** Range of the random scale. */
  scale: [number, number];
  /** Largest random shift as a share of the side. */
  shift: number;
  /** Strength of random brightness, contrast and saturation. */
  colourJitter: number;
}

/** The network below CAMs and IRNet. */
export interface BackboneSettings {
  /** Which network. */
  network: "resnet50" | "efficientnet_lite0" | "sample";
  /** File with its weights, safetensors or a PyTorch checkpoint; `null`: random initialisation. */
  weights: string | null;
  /** What IRNet reads of EfficientNet: activations inside the blocks, or the block outputs. */
  taps: "inner" | "block";
  /** Training from scratch before that of CAMs; `null`: none. */
  pretraining: PretrainingSettings | null;
}

/** Class attention maps (Section 3). */
export interface CamSettings {
  /** File with a trained classifier and its backbone, as {@linkcode BackboneSettings.weights}; `null`: train one. */
  weights: string | null;
  /** Folder with class attention maps of another method, `<id>.npz` or `<id>.npy`; `null`: make them. */
  from: string | null;
  /** Training of the classifier. */
  training: TrainingSettings & {
    /** Longer side in pixels, drawn uniformly from this range; `null`: no resizing. */
    resizeLong: [number, number] | null;
  };
  /** Scales of the image whose maps are summed. */
  scales: number[];
  /** Background score when CAMs are judged. */
  threshold: number;
}

/** Inter-pixel relation mining from CAMs (Section 4.2). */
export interface RelationSettings {
  /** Scores above it are confident foreground. */
  foreground: number;
  /** Scores below it are confident background. */
  background: number;
  /** The dense CRF that refines both. */
  crf: {
    /** Mean-field iterations. */
    iterations: number;
    /** Probability of the given label. */
    confidence: number;
    /** Smoothness kernel: standard deviation in pixels, and weight. */
    gaussian: { position: number; weight: number };
    /** Appearance kernel: standard deviations in pixels and in grey levels of 255, and weight. */
    bilateral: { position: number; colour: number; weight: number };
  };
}

/** IRNet and its training (Section 4). */
export interface IrnetSettings {
  /** File with a trained IRNet and its backbone, as {@linkcode BackboneSettings.weights}; `null`: train one. */
  weights: string | null;
  /** Training of both branches. */
  training: TrainingSettings & {
    /** Range of the random scale. */
    scale: [number, number];
    /** Radius of pixel pairs, in pixels at stride 4. */
    radius: number;
    /** Weight of the background displacement loss. */
    backgroundDisplacement: number;
  };
  /** Channels of the widest displacement layers. */
  displacementWidth: number;
  /** Least side of the inference canvas in pixels. */
  crop: number;
}

/** Networks that are trained on pseudo labels, to compare what the labels are good for. */
export interface DownstreamSettings {
  /** Images whose pseudo labels the networks are trained on. */
  trainList: string;
  /** Those with exact true instance masks: the upper bound of Mask R-CNN is trained on them. */
  trainInstanceList: string;
  /** Images with true masks, on which the networks are judged. */
  valList: string;
  /** Those whose true instance masks are exact. */
  valInstanceList: string;
  /** AffinityNet, IRNet's predecessor, as another source of semantic labels. */
  affinityNet: {
    /** Training of the affinities. */
    training: TrainingSettings & {
      /** Range of the random scale. */
      scale: [number, number];
    };
    /** Radius of pixel pairs, in pixels at stride 8. */
    radius: number;
    /** Exponent of the background score (1 − highest CAM)^alpha. */
    alpha: number;
    /** Exponent on affinities. */
    beta: number;
    /** Steps of the random walk. */
    steps: number;
  };
  /** DeepLab-v2, trained on semantic labels. */
  deepLab: {
    /** Total stride of the backbone, 8 or 16; that of the sample's is 8. */
    stride: 8 | 16;
    /** Training of backbone and pyramid. */
    training: TrainingSettings & {
      /** Range of the random scale. */
      scale: [number, number];
    };
    /** Scales of the image whose probabilities are averaged. */
    scales: number[];
    /** Whether a dense CRF refines the result. */
    crf: boolean;
  };
  /** Mask R-CNN, trained on instance masks. */
  maskRcnn: {
    /** Training of pyramid, heads and the later layers of the backbone. */
    training: TrainingSettings & {
      /** Range of the random scale. */
      scale: [number, number];
    };
    /** Pseudo instances of a lower score are not learned; those of score 0, fragments, never are. */
    score: number;
    /** Channels of the feature pyramid. */
    pyramidWidth: number;
    /** Units of the two fully connected layers. */
    boxWidth: number;
    /** Channels of the mask branch. */
    maskWidth: number;
    /** Side of the square anchor of a level, in strides of the level. */
    anchor: number;
    /** Anchors of an image that are learned in a step. */
    anchors: number;
    /** Regions of an image that are learned in a step. */
    regions: number;
    /** Proposals: the best of each level that are looked at, and those that stay in an image. */
    proposals: { perLevel: number; most: number };
    /** Detections of an image. */
    detections: number;
  };
}

/** Every setting of a run: a complete configuration. */
export interface Config {
  /** The preset it started from. */
  preset: "paper" | "lite" | "sample";
  /** Folder of all results; `null`: out/<preset>. */
  workdir: string | null;
  /** Seed of all randomness. */
  seed: number;
  /** The data set. */
  data: DataSettings;
  /** The network below CAMs and IRNet. */
  backbone: BackboneSettings;
  /** Class attention maps (Section 3). */
  cam: CamSettings;
  /** Inter-pixel relation mining from CAMs (Section 4.2). */
  relation: RelationSettings;
  /** IRNet and its training (Section 4). */
  irnet: IrnetSettings;
  /** Centroids: rounds of refinement, and the displacement in pixels at stride 4 below which a pixel is one. */
  displacement: { iterations: number; clusterThreshold: number };
  /** Random walk: reach in pixels at stride 4, exponent on affinities, and steps (2^8 in the released code). */
  walk: { radius: number; beta: number; steps: number };
  /** Background scores of instance and semantic labels, and the share of the image below which a component scores 0. */
  synthesis: { instanceThreshold: number; semanticThreshold: number; fragment: number };
  /** How results are judged. */
  evaluation: {
    /** Classes that enter the means; `null`: all. */
    classes: string[] | null;
    /** IoU thresholds of AP. */
    ious: number[];
    /** Thresholds swept for CAMs. */
    camThresholds: number[];
    /** Thresholds swept for pseudo labels. */
    pseudoThresholds: number[];
    /** Measures a control that knows nothing but colours, fitted on the training masks. */
    colourBaseline: boolean;
    /** Images shown in the report. */
    pictures: number;
  };
  /** Networks that are trained on pseudo labels, by the command `compare`. */
  downstream: DownstreamSettings;
  /** What computes. */
  compute: {
    /** Tensor library. */
    backend: "auto" | "tensorflow" | "webgpu" | "wasm" | "cpu";
    /** What TensorFlow's convolutions multiply; `auto`: bfloat16 where the processor is much faster with it. */
    precision: "auto" | "float32" | "bfloat16";
    /** Threads of the tensor library; 0: all cores. */
    threads: number;
    /** Workers: of the stages that need no tensors, and with `wasm` of the others too; 0: one a core. */
    workers: number;
  };
}

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
  workdir: null,
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
    weights: null,
    from: null,
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
    weights: null,
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
  downstream: {
    trainList: "train_aug",
    trainInstanceList: "train",
    valList: "val",
    valInstanceList: "val",
    affinityNet: {
      training: {
        crop: 448,
        batch: 8,
        microBatch: 2,
        epochs: 8,
        optimiser: { ...releasedSgd, weightDecay: 5e-4 },
        scale: [0.5, 1.5],
      },
      radius: 5,
      alpha: 16,
      beta: 8,
      steps: 256,
    },
    deepLab: {
      stride: 16,
      training: {
        crop: 321,
        batch: 10,
        microBatch: 5,
        epochs: 20,
        optimiser: {
          method: "sgd",
          learningRate: 2.5e-3,
          headFactor: 10,
          momentum: 0.9,
          weightDecay: 5e-4,
          power: 0.9,
          warmup: 0,
        },
        scale: [0.5, 1.5],
      },
      scales: [0.75, 1, 1.25],
      crf: false,
    },
    maskRcnn: {
      training: {
        crop: 512,
        batch: 8,
        microBatch: 2,
        epochs: 12,
        optimiser: {
          method: "sgd",
          learningRate: 0.01,
          headFactor: 1,
          momentum: 0.9,
          weightDecay: 1e-4,
          power: 0.9,
          warmup: 0.05,
        },
        scale: [0.75, 1.5],
      },
      score: 0,
      pyramidWidth: 256,
      boxWidth: 1024,
      maskWidth: 256,
      anchor: 8,
      anchors: 256,
      regions: 256,
      proposals: { perLevel: 1000, most: 1000 },
      detections: 100,
    },
  },
  compute: { backend: "auto", precision: "float32", threads: 0, workers: 0 },
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
  downstream: {
    ...paper.downstream,
    trainList: "train",
    trainInstanceList: "train_instance",
    valInstanceList: "val_instance",
    affinityNet: {
      ...paper.downstream.affinityNet,
      training: { ...paper.downstream.affinityNet.training, crop: 321, epochs: 3 },
    },
    deepLab: { ...paper.downstream.deepLab, training: { ...paper.downstream.deepLab.training, epochs: 8 } },
    maskRcnn: {
      ...paper.downstream.maskRcnn,
      training: {
        ...paper.downstream.maskRcnn.training,
        crop: 448,
        batch: 4,
        optimiser: {
          method: "adamw",
          learningRate: 1e-4,
          headFactor: 10,
          momentum: 0,
          weightDecay: 0.01,
          power: 0.9,
          warmup: 0.05,
        },
        scale: [0.75, 1.25],
      },
      pyramidWidth: 96,
      boxWidth: 512,
      maskWidth: 96,
      regions: 64,
      proposals: { perLevel: 300, most: 300 },
    },
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
      microBatch: 4,
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
    weights: null,
    from: null,
    training: {
      crop: 160,
      batch: 16,
      microBatch: 4,
      epochs: 4,
      optimiser: { ...releasedSgd, learningRate: 0.01 },
      resizeLong: [120, 200],
    },
    scales: [1, 0.5, 1.5, 2],
    threshold: 0.4,
  },
  relation: { ...paper.relation, foreground: 0.3, background: 0.1 },
  irnet: {
    weights: null,
    training: {
      crop: 160,
      batch: 8,
      microBatch: 4,
      epochs: 24,
      optimiser: { ...releasedSgd, method: "adam", learningRate: 5e-3, headFactor: 1 },
      scale: [0.5, 1.5],
      radius: 6,
      backgroundDisplacement: 0.3,
    },
    displacementWidth: 64,
    crop: 160,
  },
  // Far fewer rounds than on VOC: a map is a third as wide, and further rounds join creatures that touch.
  displacement: { iterations: 4, clusterThreshold: 0.8 },
  walk: { ...paper.walk, steps: 24 }, // a map is a third as wide as those of VOC
  synthesis: { ...paper.synthesis, instanceThreshold: 0.35, semanticThreshold: 0.3 },
  evaluation: { ...paper.evaluation, colourBaseline: true },
  downstream: {
    trainList: "train",
    trainInstanceList: "train",
    valList: "val",
    valInstanceList: "val",
    affinityNet: {
      ...paper.downstream.affinityNet,
      training: {
        crop: 160,
        batch: 8,
        microBatch: 2,
        epochs: 8,
        optimiser: { ...releasedSgd, method: "adam", learningRate: 1e-3, headFactor: 1 },
        scale: [0.5, 1.5],
      },
      alpha: 4,
      steps: 16,
    },
    deepLab: {
      stride: 8,
      training: {
        crop: 160,
        batch: 8,
        microBatch: 2,
        epochs: 10,
        optimiser: {
          method: "adamw",
          learningRate: 1e-3,
          headFactor: 1,
          momentum: 0,
          weightDecay: 0.01,
          power: 0.9,
          warmup: 0.05,
        },
        scale: [0.75, 1.25],
      },
      scales: [1],
      crf: false,
    },
    maskRcnn: {
      training: {
        crop: 160,
        batch: 8,
        microBatch: 4,
        epochs: 7,
        optimiser: {
          method: "adamw",
          learningRate: 2e-3,
          headFactor: 1,
          momentum: 0,
          weightDecay: 0.01,
          power: 0.9,
          warmup: 0.05,
        },
        scale: [0.75, 1.25],
      },
      score: 0,
      pyramidWidth: 48,
      boxWidth: 96,
      maskWidth: 32,
      anchor: 4,
      anchors: 128,
      regions: 32,
      proposals: { perLevel: 100, most: 60 },
      detections: 30,
    },
  },
  compute: { backend: "wasm", precision: "float32", threads: 0, workers: 0 },
};

/** The presets by name. */
export const presets: Readonly<Record<Config["preset"], Config>> = { paper, lite, sample };
