import type { Config } from "../../config/config.ts";
import type { Analysis } from "../../evaluation/analysis.ts";
import type { ImageRecord } from "../../evaluation/image_records.ts";
import type { InstanceMatches } from "../../evaluation/instances.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import type { Against, ComparedRun } from "./_against.ts";
import type { TrainingLog } from "../training_figures.ts";

export type { Against, ComparedRun } from "./_against.ts";

/** One picture of an image in the gallery. */
export interface GalleryLayer {
  /** Short name, the same for all images, by which the layer is switched on and off. */
  readonly name: string;
  /** Description in a sentence. */
  readonly caption: string;
  /** A PNG or WebP file. */
  readonly picture: Uint8Array;
}

/** An image in the gallery. */
export interface GalleryEntry {
  /** Id. */
  readonly id: string;
  /** Names of its classes. */
  readonly labels: readonly string[];
  /** Mean IoU of its pseudo semantic labels, percent; `null` without ground truth. */
  readonly iou: number | null;
  /** The worst of what is wrong with them, in words; `null` without ground truth. */
  readonly mistake?: string | null;
  /** Its pictures. */
  readonly layers: readonly GalleryLayer[];
}

/** Time and memory of a run; the only part of a report that differs between equal runs. */
export interface RunDetails {
  /** Versions by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Backend of tensors; `null` if nothing needed it. */
  readonly backend:
    | { readonly name: string; readonly version: string; readonly reason: string; readonly advice: string | null }
    | null;
  /** The stages in their order. */
  readonly stages: readonly {
    readonly stage: string;
    /** Images it processed. */
    readonly made: number;
    /** Time it took. */
    readonly seconds: number;
    /** Peak memory of the process meanwhile, bytes. */
    readonly peakMemory: number;
  }[];
}

/** Content of a report. */
export interface ReportInput {
  /** The configuration in force. */
  readonly config: Config;
  /** Results. */
  readonly metrics: Metrics;
  /** Classes that the classifier hardly knows, and labelled images without an instance, in sentences. Default: none. */
  readonly doubts?: { readonly classes: readonly string[]; readonly images: readonly string[] };
  /** Results on every image that has pseudo labels. Default: not shown. */
  readonly records?: readonly ImageRecord[];
  /** Errors, intervals, confusion. Default: not shown. */
  readonly analysis?: Analysis | null;
  /** Tables of `compare`, where it was run. */
  readonly comparison?: ComparedRun | null;
  /** Another run beside this one. */
  readonly against?: Against | null;
  /** Trainings in their order. */
  readonly trainings: readonly TrainingLog[];
  /** Pseudo instances of every image, compared with those of the ground truth. */
  readonly matches?: readonly InstanceMatches[];
  /** Images to look at. */
  readonly gallery: readonly GalleryEntry[];
  /** An image to click pixels of: `html` is that of `pixelFigure()`. */
  readonly pixel?: { readonly id: string; readonly html: string } | null;
  /** Versions and timings, where they are known. */
  readonly run?: RunDetails | null;
}
