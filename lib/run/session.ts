import type { Config } from "../config/config.ts";
import type { Stage, StageContext, StageFiles } from "./stage.ts";
import type { BackendReport } from "../tensor/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { InputMemory } from "./inputs.ts";
import { type Plan, planStage } from "./plan.ts";
import type { ProgressOptions } from "./progress.ts";
import type { Quarantine } from "./quarantine.ts";
import { restrictDataset } from "./restrict_dataset.ts";
import type { Shard } from "./shard.ts";
import { Store } from "./store.ts";

/** What all stages of a run share. */
export interface Session {
  /** The configuration. */
  readonly config: Config;
  /** The data set, with all its images. */
  readonly dataset: Dataset;
  /** Images that are left out. */
  readonly quarantine: Quarantine;
  /** All stages in their order. */
  readonly stages: readonly Stage[];
  /** Address of the module that the stages come from. */
  readonly module: string;
  /** The working directory. */
  readonly workdir: string;
  /** Share of the images. */
  readonly shard: Shard;
  /** Number of images that every list is cut to. */
  readonly limit: number;
  /** Does everything again. */
  readonly force: boolean;
  /** Compares contents instead of times and sizes. */
  readonly verify: boolean;
  /** Aborted on interrupt. */
  readonly signal: AbortSignal;
  /** Where progress is shown. */
  readonly progress: ProgressOptions;
  /** What is known about inputs. */
  readonly memory: InputMemory;
  /** Makes the tensor library ready, if it is not; `null` where the stages need none. */
  readonly prepare: () => Promise<BackendReport | null>;
}

/** What a stage may use, by default without the right to write files. */
export function contextOf(
  { config, dataset, quarantine, limit, workdir, signal }: Session,
  { files = new Store(workdir), progress = () => {} }: {
    files?: StageFiles;
    progress?: StageContext["progress"];
  } = {},
): StageContext {
  return { config, dataset: restrictDataset(dataset, { limit, without: quarantine.ids }), files, signal, progress };
}

/** What a stage has to do in a session. */
export function planIn(
  session: Session,
  stage: Stage,
  pending: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Promise<Plan> {
  return planStage(stage, contextOf(session), { ...session, pending });
}
