import type { StageContext, WholeStage } from "./stage.ts";
import { removeIfExists } from "../files/disk.ts";
import { sha256 } from "../files/hash.ts";
import { imagesHash, isBookkeeping } from "./inputs.ts";
import { takeLock } from "./lock.ts";
import { ManifestWriter, type OutputRecord, tidyManifest, WHOLE_STAGE } from "./manifest.ts";
import { Pace } from "./usage.ts";
import { describeDoubts, describePlan, type Task } from "./plan.ts";
import { Progress } from "../files/terminal.ts";
import type { Counts } from "./run_image_stage.ts";
import { contextOf, planIn, type Session } from "./session.ts";
import { WHOLE } from "./shard.ts";
import { Store } from "./store.ts";

/** Runs a stage that works on the data set as a whole, unless it is done. */
export async function runWholeStage(stage: WholeStage, session: Session): Promise<Counts> {
  const folder = contextOf(session).files.path(stage.name, ".");
  await Deno.mkdir(folder, { recursive: true });
  const unlock = await takeLock(folder, WHOLE);
  try {
    let skipped = 0;
    while (true) {
      const plan = await planIn(session, stage);
      session.progress.write(`${describePlan(stage, plan)}\n`);
      const task = plan.tasks[0];
      if (!task) {
        await tidyManifest(folder, { shard: WHOLE, order: [WHOLE_STAGE] }); // perhaps killed before it got there
        return { total: 1, made: 0, skipped, pace: [], paced: 0 };
      }
      if (skipped === 0) tellDoubts(stage, session);
      try {
        const paces = await runOnce(task, { stage, session, folder });
        return { total: 1, made: 1, skipped, ...paces };
      } catch (error) {
        if (session.signal.aborted) throw session.signal.reason;
        const found = await leaveOutUnreadable(task, session);
        if (found === 0) throw new Error(`${stage.name}: ${(error as Error).message}`, { cause: error });
        session.progress.write(`${stage.name}: left out ${found} images that cannot be read, starting again\n`);
        skipped += found;
      }
    }
  } finally {
    await unlock();
  }
}

/** Says what the images may not be good for. @throws Error where that is for nothing, but in a trial with a limit. */
function tellDoubts(stage: WholeStage, session: Session): void {
  const found = stage.doubts?.(contextOf(session));
  if (found?.hopeless && session.limit === Infinity) throw new Error(`${stage.name}: ${found.hopeless}`);
  for (const line of describeDoubts(stage, found)) session.progress.write(`${line}\n`);
}

async function runOnce(
  task: Task,
  { stage, session, folder }: { stage: WholeStage; session: Session; folder: string },
): Promise<Pick<Counts, "pace" | "paced">> {
  const record = { id: WHOLE_STAGE, settings: task.settings, inputs: task.inputs };
  const manifest = await ManifestWriter.open(folder, WHOLE);
  const outputs: Record<string, OutputRecord> = {};
  const files = new Store(session.workdir, {
    writer: stage.name,
    durable: true,
    onWrite: (file, bytes) => {
      if (!isBookkeeping(file)) outputs[file] = { hash: sha256(bytes), bytes: bytes.length };
    },
  });
  const progress = new Progress(stage.name, session.progress);
  const pace = new Pace();
  const context = contextOf(session, {
    files,
    progress: (done, total, note) => {
      progress.update(done, total, note);
      pace.update(done);
    },
  });
  const start = performance.now();
  let done = false;
  try {
    if (!task.continues) await startAfresh(task, { stage, context, folder });
    manifest.add({ ...record, outputs: null, seconds: 0, time: Date.now() });
    await session.prepare();
    await stage.run(context);
    session.signal.throwIfAborted();
    const photographs = await imagesHash(context, task.images);
    const checkpoints = await hashCheckpoints(stage, context);
    const seconds = (performance.now() - start) / 1000;
    const sorted = Object.fromEntries(Object.entries(outputs).sort(([a], [b]) => a < b ? -1 : 1));
    manifest.add({
      ...record,
      outputs: sorted,
      ...(photographs ? { photographs } : {}),
      ...(Object.keys(checkpoints).length > 0 ? { checkpoints } : {}),
      seconds,
      time: Date.now(),
    });
    done = true;
    return { pace: pace.seconds, paced: pace.spent };
  } finally {
    progress.end();
    await manifest.close(done ? [WHOLE_STAGE] : undefined);
  }
}

/** Removes the checkpoint and the log of another attempt, and its results. */
async function startAfresh(
  { previous }: Task,
  { stage, context, folder }: { stage: WholeStage; context: StageContext; folder: string },
): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (/^(state|log)\./.test(name)) await removeIfExists(context.files.path(stage.name, name));
  }
  for (const file of Object.keys(previous?.outputs ?? {})) await removeIfExists(context.files.path(stage.name, file));
}

/** The checkpoints in the folder of a stage that is done, also those of the run before, that it went on from. */
async function hashCheckpoints(stage: WholeStage, { files }: StageContext): Promise<Record<string, OutputRecord>> {
  const checkpoints: Record<string, OutputRecord> = {};
  const names = (await Array.fromAsync(Deno.readDir(files.path(stage.name, ".")))).map(({ name }) => name);
  for (const name of names.filter((name) => name.startsWith("state.")).sort()) {
    const bytes = await files.require(stage.name, name);
    checkpoints[name] = { hash: sha256(bytes), bytes: bytes.length };
  }
  return checkpoints;
}

/** Where the user wants that, leaves out the images that cannot be read, and returns how many these are. */
async function leaveOutUnreadable({ images }: Task, { quarantine, dataset }: Session): Promise<number> {
  if (quarantine.choice !== "skip") return 0;
  let found = 0;
  for (const id of images) {
    await dataset.readImage(id).catch(async (error) => {
      await quarantine.add(dataset, id, error);
      found++;
    });
  }
  return found;
}
