/** Measurements of runs in this working directory, or in one beside it. */
import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { CostModel, Stage, StageContext, StageCost, UsualImage } from "./stage.ts";
import { mapConcurrently, readFileIfExists } from "../files/disk.ts";
import { hashOf } from "../files/hash.ts";
import { readManifest } from "./manifest.ts";
import { parseRunReport, type StageReport } from "./run_report.ts";
import { contextOf, type Session } from "./session.ts";

/** Measurements of an earlier run. */
interface EarlierRun {
  readonly workdir: string;
  readonly config: Config;
  readonly backend: string;
  readonly stages: readonly StageReport[];
  /** A usual image of it, by the number that lists were cut to. */
  readonly images: Map<number, UsualImage>;
}

/** The runs with this backend in this working directory and in those beside it, the largest first. */
export async function earlierRuns(session: Session, backend: string): Promise<EarlierRun[]> {
  const own = resolve(session.workdir), parent = dirname(own), others: EarlierRun[] = [];
  const read = async (folder: string): Promise<EarlierRun[]> => {
    const bytes = await readFileIfExists(join(folder, "run.json")).catch(() => null);
    const report = bytes && parseRunReport(bytes);
    return report && (report.backend?.name ?? backend) === backend
      ? [{ ...report, workdir: folder, backend, images: new Map() }]
      : [];
  };
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (isDirectory && join(parent, name) !== own) others.push(...await read(join(parent, name)));
    }
  } catch { /* no such folder, or no permission to look around */ }
  const images = ({ stages }: EarlierRun) => Math.max(0, ...stages.map(({ total }) => total));
  return [...await read(own), ...others.sort((a, b) => images(b) - images(a))];
}

/** Measurements of a stage, as far as they tell about another. */
interface Measurements {
  readonly workdir: string;
  /** Time of the units of each part, as a multiple of the expected; `null` where that was not measured. */
  readonly factors: readonly (number | null)[];
  readonly memory: number;
  /** Seconds that it took whatever the number of images. */
  readonly start: number;
  readonly bytes: number | undefined;
}

/** The stage that is asked about. */
interface Wanted {
  readonly needs: StageCost;
  readonly cost: CostModel;
  readonly session: Session;
  readonly runs: readonly EarlierRun[];
}

/** Measurements of a stage: those of the first run whose units are of about the same size, else the first of any size. */
export async function measurements(stage: Stage, { runs, ...wanted }: Wanted): Promise<Measurements | null> {
  let other: Measurements | null = null;
  for (const run of runs) {
    for (const name of [stage.name, ...wanted.cost.likeStages ?? []]) {
      const report = run.stages.find((report) => report.stage === name);
      const then = report?.pace?.[0] && await needsThen(report, run, wanted);
      if (!then) continue;
      const size = (wanted.needs.parts[0]?.seconds ?? 1) / (then.parts[0]?.seconds ?? 1);
      const found = await compared(report, { run, then, ...wanted });
      if (size > 0.8 && size < 1.25) return found;
      other ??= found;
    }
  }
  return other;
}

/** Expected needs of the stage in another run; `null` where that run says nothing about this one. */
async function needsThen(
  { limit }: StageReport,
  run: EarlierRun,
  { cost, session }: Omit<Wanted, "runs">,
): Promise<StageCost | null> {
  const { config } = session, cores = { threads: 0, workers: 0, backend: "auto" };
  const kind = ({ compute, ...config }: Config) =>
    hashOf([cost.settings({ ...config, compute }), { ...compute, ...cores }]);
  try {
    if (kind(run.config) !== kind(config)) return null;
    const same = hashOf(run.config.data) === hashOf(config.data);
    const dataset = same ? session.dataset : await session.openDataset(run.config.data);
    const length = limit ?? Infinity, context = contextOf({ ...session, config: run.config, dataset, limit: length });
    const image = run.images.get(length) ?? await usualImage(context, run.backend);
    run.images.set(length, image);
    return cost.estimate(context, image);
  } catch {
    return null; // a configuration of another version, or a data set that is no longer there
  }
}

/** Compares what was expected with what was measured. */
async function compared(
  report: StageReport,
  { run, then, needs }: { run: EarlierRun; then: StageCost; needs: StageCost },
): Promise<Measurements> {
  const records = [...(await readManifest(join(run.workdir, report.stage))).values()];
  const sizes = records.flatMap(({ outputs }) => outputs ? [outputs] : []).map((outputs) =>
    Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0)
  );
  return {
    workdir: basename(run.workdir),
    factors: then.parts.map(({ seconds }, i) => report.pace?.[i] ? report.pace[i] / seconds : null),
    memory: report.peakMemory * needs.memory / then.memory,
    start: Math.max(0, report.seconds - (report.paced ?? report.seconds)),
    bytes: sizes.length === 0
      ? undefined
      : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length * needs.bytes / then.bytes,
  };
}

/** Images whose size is looked at. */
const SAMPLE = 64;

/** Mean size of some images that can be read, else as those of VOC, and mean number of classes. */
export async function usualImage({ config: { data }, dataset }: StageContext, backend: string): Promise<UsualImage> {
  const ids = [...new Set([...dataset.list(data.trainList), ...dataset.list(data.inferList)])];
  const some = ids.length <= SAMPLE
    ? ids
    : Array.from({ length: SAMPLE }, (_, i) => ids[Math.floor(i * ids.length / SAMPLE)]!);
  const sizes = await mapConcurrently(some, async (id) => {
    try {
      return [await dataset.imageSize(id)];
    } catch {
      return [];
    }
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const found = sizes.flat();
  return {
    ...found.length === 0 ? { megapixels: 0.1875, full: 0.1875, longest: 500 } : {
      megapixels: mean(found.map(({ reading }) => reading.width * reading.height / 1e6)),
      full: mean(found.map(({ full }) => full.width * full.height / 1e6)),
      longest: Math.max(...found.map(({ reading }) => Math.max(reading.width, reading.height))),
    },
    classes: mean(ids.map((id) => dataset.labels(id).length)),
    backend,
  };
}
