import type { Artifact, ImageProcessor, ImageStage, StageContext } from "./stage.ts";
import type { Dataset } from "../data/dataset.ts";
import { removeIfExists } from "../files/disk.ts";
import { sha256 } from "../files/hash.ts";
import { imagesHash } from "./inputs.ts";
import { takeLock } from "./lock.ts";
import { gatherShards, ManifestWriter, type OutputRecord, tidyManifest } from "./manifest.ts";
import { Pace } from "./usage.ts";
import { describePlan, type Plan, type Task } from "./plan.ts";
import { openWorkers, workersOf } from "./workers.ts";
import { Progress } from "../files/terminal.ts";
import { contextOf, planIn, type Session } from "./session.ts";
import { shardFile } from "./shard.ts";
import { Store } from "./store.ts";

/** Numbers of images of a stage, made and left out. */
export interface Counts {
  readonly total: number;
  readonly made: number;
  readonly skipped: number;
  /** Seconds a unit of each part of the work, see {@linkcode Pace}. */
  readonly pace: readonly (number | null)[];
  /** Seconds that all units take at these paces. */
  readonly paced: number;
}

/** Processes the images of a stage that are not done yet. */
export async function runImageStage(stage: ImageStage, session: Session): Promise<Counts> {
  const context = contextOf(session);
  const folder = context.files.path(stage.name, ".");
  await Deno.mkdir(folder, { recursive: true });
  const unlock = await takeLock(folder, session.shard);
  try {
    if (session.shard.count === 1) await gatherShards(folder);
    const plan = await planIn(session, stage);
    session.progress.write(`${describePlan(stage, plan)}\n`);
    if (plan.tasks.length === 0) {
      await tidyManifest(folder, { shard: session.shard, order: plan.ids }); // perhaps killed before it got there
      return { total: plan.ids.length, made: 0, skipped: 0, pace: [], paced: 0 };
    }
    const manifest = await ManifestWriter.open(folder, session.shard);
    let order: readonly string[] | undefined; // only a stage that is done is put into order
    try {
      const { skipped, ...paces } = await processAll(plan, { stage, session, context, manifest });
      order = plan.ids;
      return { total: plan.ids.length, made: plan.tasks.length - skipped, skipped, ...paces };
    } finally {
      await manifest.close(order);
    }
  } finally {
    await unlock();
  }
}

interface Work {
  readonly stage: ImageStage;
  readonly session: Session;
  readonly context: StageContext;
  readonly manifest: ManifestWriter;
}

/** Processes the tasks of a plan; some images may turn out to be unreadable. */
async function processAll({ ids, tasks }: Plan, work: Work): Promise<Pick<Counts, "skipped" | "pace" | "paced">> {
  const { stage, session, context, manifest } = work;
  // Killed in the middle, a forced run goes on where it was instead of counting the old results as done.
  for (const task of tasks) {
    if (task.reason === "forced") manifest.add({ ...recordOf(task), outputs: null, seconds: 0 });
  }

  const store = new Store(session.workdir, {
    writer: stage.name,
    ...(session.shard.count > 1 ? { label: shardFile("shard", session.shard, "") } : {}),
  });
  const progress = new Progress(stage.name, session.progress);
  let done = ids.length - tasks.length, skipped = 0, made = 0;
  progress.update(done, ids.length);
  const processors = await openProcessors(tasks.length, work);
  const pace = new Pace({ warmUp: processors.length });
  pace.update(0);
  try {
    await processImages(tasks, {
      processors,
      signal: session.signal,
      store: async (task, artifact, seconds) => {
        const outputs = await write(artifact, { task, stage, store });
        const photographs = await imagesHash(context, task.images);
        manifest.add({ ...recordOf(task), outputs, ...(photographs ? { photographs } : {}), seconds });
        progress.update(++done, ids.length);
        pace.update(++made);
      },
      onError: async ({ id }, error) => {
        await skipOrThrow(id, error, { stage, session });
        skipped++;
      },
    });
  } finally {
    for (const processor of processors) processor.close?.();
    progress.end();
  }
  return { skipped, pace: pace.seconds, paced: pace.spent };
}

async function openProcessors(tasks: number, { stage, session, context }: Work): Promise<ImageProcessor[]> {
  const { config, module, workdir, limit, quarantine, signal } = session;
  const count = Math.min(tasks, workersOf(config));
  const task = { module, stage: stage.name, config, workdir, limit, without: quarantine.ids, signal };
  if (stage.runs === "worker") return await openWorkers(count, task);
  const backend = await session.prepare();
  if (backend?.name === "wasm" && count > 1) { // it computes on one thread
    const compute = { ...config.compute, backend: backend.name };
    try {
      return await openWorkers(count, { ...task, config: { ...config, compute } });
    } catch (error) {
      signal.throwIfAborted();
      session.progress.write(`${stage.name} uses one core, since Workers do not start: ${(error as Error).message}\n`);
    }
  }
  return [await stage.open(context)];
}

function recordOf({ id, settings, inputs }: Task) {
  return { id, settings, inputs, time: Date.now() };
}

/** Writes the files of an image and removes those that it had before and no longer has. */
async function write(
  artifact: Artifact,
  { task, stage, store }: { task: Task; stage: ImageStage; store: Store },
): Promise<Record<string, OutputRecord>> {
  const outputs: Record<string, OutputRecord> = {};
  for (const [file, bytes] of Object.entries(artifact)) {
    await store.write(stage.name, file, bytes);
    outputs[file] = { hash: sha256(bytes), bytes: bytes.length };
  }
  for (const file of Object.keys(task.previous?.outputs ?? {})) {
    if (!(file in outputs)) await removeIfExists(store.path(stage.name, file));
  }
  return outputs;
}

/** Leaves an unreadable image out if the user wants that; throws for any other error. */
async function skipOrThrow(
  id: string,
  error: unknown,
  { stage, session }: { stage: ImageStage; session: Session },
): Promise<void> {
  const { quarantine, dataset, progress } = session;
  const readable = await dataset.readImage(id).then(() => true, () => false);
  if (!readable && quarantine.choice === "skip") {
    await quarantine.add(dataset, id, error);
    return progress.write(`${stage.name}: left out ${id}, which cannot be read: ${(error as Error).message}\n`);
  }
  const hint = readable ? await memoryHint(dataset, id, error) : "; --on-bad-image skip leaves such images out";
  throw new Error(`${stage.name}, image ${id}: ${(error as Error).message}${hint}`, { cause: error });
}

/** Advice where memory ran out, in the words of one of the many that may have asked for it. */
async function memoryHint(dataset: Dataset, id: string, error: unknown): Promise<string> {
  if (!/memory|alloc|exhausted|array length/i.test((error as Error).message)) return "";
  const { reading: { height, width } } = await dataset.imageSize(id);
  return `; it is read at ${width}×${height} pixels, and with data.longSide at fewer: --set data.longSide=500`;
}

interface ProcessImagesOptions<T> {
  /** Does the work: one for each thread. */
  readonly processors: readonly ImageProcessor[];
  /** Stores a result, and how many seconds it took to make. */
  readonly store: (task: T, artifact: Artifact, seconds: number) => Promise<void>;
  /** Told of an image that failed; the run goes on unless this throws. */
  readonly onError: (task: T, error: unknown) => Promise<void>;
  /** Stops handing out images. */
  readonly signal: AbortSignal;
}

/**
 * Processes images and stores the results in the order in which they are ready. A processor gets its next image before
 * its last result is stored, so at most two images a processor are under way.
 *
 * @param tasks The images.
 * @param options Processors, and what to do with results and errors.
 * @throws Whatever storing throws, the first error that `onError` throws, or the signal's reason.
 */
async function processImages<T extends { readonly id: string }>(
  tasks: readonly T[],
  { processors, store, onError, signal }: ProcessImagesOptions<T>,
): Promise<void> {
  let next = 0, stopped = false;

  const lane = async (processor: ImageProcessor) => {
    const begin = () => {
      if (stopped || signal.aborted || next >= tasks.length) return null;
      const task = tasks[next++]!, start = performance.now();
      const result = processor.process(task.id).then((artifact) => ({ artifact }), (error: unknown) => ({ error }));
      return { task, result, start };
    };
    let current = begin();
    while (current) {
      const result = await current.result;
      signal.throwIfAborted();
      const seconds = (performance.now() - current.start) / 1000;
      const following = begin();
      if ("artifact" in result) await store(current.task, result.artifact, seconds);
      else await onError(current.task, result.error);
      current = following;
    }
  };

  const lanes = processors.map(async (processor) => {
    try {
      await lane(processor);
    } catch (error) {
      stopped = true;
      throw error;
    }
  });
  await Promise.allSettled(lanes);
  signal.throwIfAborted();
  await Promise.all(lanes); // the first error
}
