/**
 * A configuration: every setting of a run, grouped as the paper's sections, and the presets that runs start from.
 * @module
 */
import { coco } from "./presets/coco.ts";
import { lite } from "./presets/lite.ts";
import { paper } from "./presets/paper.ts";
import { sample } from "./presets/sample.ts";
import type { Config } from "./schema.ts";

export type { Config, OptimiserSettings, TrainingSettings } from "./schema.ts";

/** The presets by name. */
export const presets: Readonly<Record<Config["preset"], Config>> = { paper, lite, sample, coco };
