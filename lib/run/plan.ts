import type { TeachingDoubts } from "../data/teaching.ts";
import type { ImageStage, Stage, StageContext } from "./stage.ts";
import { mapConcurrently, readFileIfExists, statIfExists } from "../files/disk.ts";
import { hashOf, sha256 } from "../files/hash.ts";
import { imagesHash, type InputHashes, type InputMemory, InputReader, type Pending } from "./inputs.ts";
import { type ManifestRecord, readManifest, WHOLE_STAGE } from "./manifest.ts";
import type { Shard } from "./shard.ts";

/** Cause for work. */
export type Reason = "new" | "unfinished" | "forced" | "other settings" | "other inputs" | "files missing or damaged";

/** One image that has to be processed, or a whole stage that has to be run. */
export interface Task {
  /** The image, or {@linkcode WHOLE_STAGE}. */
  readonly id: string;
  /** Images whose files and labels it is made from. */
  readonly images: readonly string[];
  /** Why. */
  readonly reason: Reason;
  /** Hash of the settings it will be done with. */
  readonly settings: string;
  /** Hashes of what it will be made from. */
  readonly inputs: InputHashes;
  /** Record of the last time. */
  readonly previous: ManifestRecord | null;
  /** True where it was begun, or done, with these settings from these inputs. */
  readonly continues: boolean;
}

/** Work that a stage has to do. */
export interface Plan {
  /** Everything it is about: images in their order, or {@linkcode WHOLE_STAGE}. */
  readonly ids: readonly string[];
  /** The part of it that has to be done. */
  readonly tasks: readonly Task[];
}

/** Options of {@linkcode planStage}. */
export interface PlanOptions {
  /** All stages. */
  readonly stages: readonly Stage[];
  /** Part of the images. */
  readonly shard: Shard;
  /** Does everything again. */
  readonly force: boolean;
  /** Compares the contents of images and results instead of times and sizes. */
  readonly verify: boolean;
  /** Results that this run will make before. */
  readonly pending: Pending;
  /** Facts about inputs, found once. */
  readonly memory: InputMemory;
}

/**
 * Compares a stage's manifest with its settings, its inputs and its files.
 *
 * @param stage The stage.
 * @param context Its context.
 * @param options What to look at.
 * @returns What is to be done.
 */
export async function planStage(stage: Stage, context: StageContext, options: PlanOptions): Promise<Plan> {
  const ids = stage.kind === "image" ? imagesOf(stage, context, options) : [WHOLE_STAGE];
  const inputs = await InputReader.open(stage, context, options);
  const records = await readManifest(context.files.path(stage.name, "."));
  const { longSide } = context.config.data, chosen = stage.settings(context.config);
  const settings = hashOf(longSide === null ? chosen : [chosen, { longSide }]); // all stages see images of this size
  const tasks = await mapConcurrently(ids, async (id) => {
    const images = stage.kind === "image" ? [id] : stage.ids?.(context) ?? [];
    const previous = records.get(id) ?? null;
    const wanted = { id, images, settings, inputs: await inputs.of(id, images) };
    if (options.force) return [{ ...wanted, previous, continues: false, reason: "forced" as const }];
    const change = previous && await changeSince(previous, { ...wanted, context, verify: options.verify });
    const reason = change ?? await reasonFor(previous, { stage, context, verify: options.verify });
    return reason ? [{ ...wanted, previous, continues: previous !== null && change === null, reason }] : [];
  });
  return { ids, tasks: tasks.flat() };
}

function imagesOf(stage: ImageStage, context: StageContext, { shard }: PlanOptions): string[] {
  return stage.ids(context).filter((_, i) => i % shard.count === shard.index);
}

/** What is different from the last time. */
async function changeSince(
  previous: ManifestRecord,
  { settings, inputs, images, context, verify }: {
    settings: string;
    inputs: InputHashes;
    images: readonly string[];
    context: StageContext;
    verify: boolean;
  },
): Promise<Reason | null> {
  if (settings !== previous.settings) return "other settings";
  for (const name of new Set([...Object.keys(inputs), ...Object.keys(previous.inputs)])) {
    const same = inputs[name] === previous.inputs[name];
    if (name === "photographs" && previous.photographs !== undefined && (verify || !same)) {
      // A copied data set has new times; its contents decide.
      if (previous.photographs !== await imagesHash(context, images)) return "other inputs";
    } else if (!same) {
      return "other inputs";
    }
  }
  return null;
}

/** Why something must be done again though settings and inputs are the same. */
async function reasonFor(
  previous: ManifestRecord | null,
  { stage, context, verify }: { stage: Stage; context: StageContext; verify: boolean },
): Promise<Reason | null> {
  if (!previous) return "new";
  if (!previous.outputs) return "unfinished";
  for (const [file, { bytes, hash }] of Object.entries(previous.outputs)) {
    const path = context.files.path(stage.name, file);
    const whole = verify
      ? await readFileIfExists(path).then((contents) => contents && sha256(contents) === hash)
      : (await statIfExists(path))?.size === bytes;
    if (!whole) return "files missing or damaged";
  }
  for (const [file, { hash }] of Object.entries(verify ? previous.checkpoints ?? {} : {})) {
    const contents = await context.files.read(stage.name, file); // whoever needs room may remove it
    if (contents && sha256(contents) !== hash) return "files missing or damaged";
  }
  return null;
}

/** One line about what a stage has to do, and why. */
export function describePlan(stage: Stage, { ids, tasks }: Plan): string {
  const head = `${stage.name} (${stage.section})`;
  if (stage.kind === "whole") return `${head}: ${tasks[0]?.reason ?? "done"}`;
  if (tasks.length === 0) return `${head}: ${ids.length} images, all done`;
  const counts = Map.groupBy(tasks, (task) => task.reason);
  const reasons = [...counts].map(([reason, of]) => `${of.length} ${reason}`).join(", ");
  return `${head}: ${ids.length} images, ${tasks.length} to do (${reasons})`;
}

/** A line about each doubt whether a stage can do with its images what it is meant to. */
export function describeDoubts({ name }: Stage, found: TeachingDoubts | undefined): string[] {
  return [...found?.hopeless ? [found.hopeless] : [], ...found?.doubts ?? []].map((doubt) => `${name}: ${doubt}`);
}
