import { dirname, join, resolve } from "node:path";
import { closestString } from "@std/text/closest-string";
import { type Config, presets } from "../config/config.ts";
import { completeConfig } from "../config/load_config.ts";
import { VERSION } from "../config/version.ts";
import { exists, isFile, isFolder, namesIn, readFileIfExists } from "../files/disk.ts";
import { openResults, resultIds, type Results } from "../results/open_results.ts";
import { stages } from "../stages/list.ts";
import { interruptSignal, oneLine } from "./kernel_manners.ts";
import { runSampleNetworks } from "./sample_networks.ts";
import { pipelineCommand, ROOT, type RunPlace, type StoredConfig } from "./settings.ts";

/** Options of {@linkcode openRun}. */
export interface OpenRunOptions {
  /** Names of the stages whose results are wanted. */
  readonly needs: readonly string[];
  /** Receives a line for whatever is being done. */
  readonly log?: (line: string) => void;
  /** Stops it; absent: an interrupt of the kernel. */
  readonly signal?: AbortSignal;
}

/** Content of `run.json`. */
interface StoredRun {
  readonly versions: { readonly irnet: string };
  readonly config: StoredConfig;
}

/**
 * Opens a run for a notebook, with the settings that the run has stored in its working directory. It trains nothing.
 *
 * Where there is no run of `deno task demo` yet, the sample's networks that come with the project stand in: results of
 * some images go to `out/notebooks`, in seconds. Any other run must have been there, or be under way.
 *
 * @param place Folders of run and images; relative paths start at the current folder, that of the notebook.
 * @param options The stages whose results are wanted.
 * @returns Results of the run.
 * @throws Error that names the command to run, or the nearest run, where there is no run, where another version made
 * it, where a stage has made nothing, or where the images are not those of the run.
 * @example
 * ```ts ignore
 * const run = await openRun({ workdir: "../out/sample", data: "../out/sample-data" }, { needs: ["cam"] });
 * const [id] = await run.ids("cam");
 * ```
 */
export async function openRun(place: RunPlace, options: OpenRunOptions): Promise<Results> {
  const { needs, log = (line) => console.log(line), signal = interruptSignal() } = options;
  const paths = { workdir: resolve(place.workdir), data: resolve(place.data) };
  try {
    const stored = await readRun(join(paths.workdir, "run.json"));
    if (!stored && isDemo(paths)) return await openSampleNetworks({ needs, log, signal });
    if (!stored) throw noRun(paths);
    const config = await configOf(stored, paths);
    const results = await openResults(config, paths.workdir, (compute) => backendOr(compute, log));
    await expectResults(results, { needs, paths });
    return results;
  } catch (error) {
    throw oneLine(error);
  }
}

/** Whether folders are those of `deno task demo`. */
function isDemo({ workdir, data }: RunPlace): boolean {
  return workdir === join(ROOT, "out", "sample") && data === join(ROOT, presets.sample.data.root!);
}

async function openSampleNetworks(options: Required<OpenRunOptions>): Promise<Results> {
  const workdir = join(ROOT, "out", "notebooks"), place = { workdir, data: `${workdir}-data` };
  options.log(
    "There is no run in out/sample yet: the sample's networks that come with the project stand in, on some of its " +
      "images, in out/notebooks. After deno task demo, which trains everything, run the notebook again.",
  );
  return await openResults(await runSampleNetworks(place, options), workdir);
}

/** @throws Error Names the nearest run, else how to make one. */
function noRun({ workdir, data }: RunPlace): Error {
  const found = [...new Set([dirname(workdir), join(ROOT, "out")])].flatMap((folder) =>
    (isFolder(folder) ? namesIn(folder) : []).map((name) => join(folder, name))
  ).filter((folder) => isFile(join(folder, "run.json")));
  const nearest = closestString(workdir, [...found, join(ROOT, "out", "sample")]);
  const command = `${pipelineCommand({ preset: "lite" }, { workdir, data })} --set backbone.weights=FILE`;
  return new Error(
    `Expected a run in ${workdir} but found no run.json there; the nearest run is ${nearest}. Nothing is trained from ` +
      `here. To make one: ${command}`,
  );
}

/** The run's backend, or where this machine lacks it, another. */
async function backendOr(compute: Config["compute"], log: (line: string) => void): Promise<void> {
  const { useBackend } = await import("../tensor/mod.ts");
  const { backend, threads, precision } = compute;
  try {
    await useBackend(backend, { threads, precision });
  } catch (error) {
    const { name } = await useBackend("auto", { threads, precision });
    log(`This run computed with ${backend}, here it is ${name}, which rounds otherwise: ${(error as Error).message}`);
  }
}

/** The configuration of a stored run, with the paths in it as seen from anywhere. */
async function configOf(stored: StoredRun, paths: RunPlace): Promise<Config> {
  const { workdir, data } = paths;
  if (stored.versions.irnet !== VERSION) {
    throw new Error(
      `Expected a run of version ${VERSION} in ${workdir} but found one of version ${stored.versions.irnet}. ` +
        `This brings it up to date, and redoes only what has changed: ${pipelineCommand(stored.config, paths)}`,
    );
  }
  const config = completeConfig(stored.config);
  const anywhere = (path: string | null) => path && resolve(ROOT, path);
  if (!await exists(data)) {
    const root = anywhere(config.data.root);
    throw new Error(
      `Expected the images of ${workdir} in ${data} but found no such folder` +
        (root && await exists(root) ? `; the run has them from ${root}` : ""),
    );
  }
  return {
    ...config,
    data: { ...config.data, root: data, labels: anywhere(config.data.labels) },
    backbone: { ...config.backbone, weights: anywhere(config.backbone.weights) },
    cam: { ...config.cam, weights: anywhere(config.cam.weights), from: anywhere(config.cam.from) },
    amn: { ...config.amn, weights: anywhere(config.amn.weights) },
    irnet: { ...config.irnet, weights: anywhere(config.irnet.weights) },
  };
}

async function readRun(path: string): Promise<StoredRun | null> {
  const bytes = await readFileIfExists(path);
  if (!bytes) return null;
  try {
    const { versions, config } = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof versions.irnet === "string" && typeof config.preset === "string") return { versions, config };
  } catch {
    // told below
  }
  throw new Error(`Expected versions and settings of a run in ${path} but found something else`);
}

/** @throws Error naming the command to run where a stage has made nothing, or the images where they are others. */
async function expectResults(
  { config, dataset }: Results,
  { needs, paths }: { needs: readonly string[]; paths: RunPlace },
): Promise<void> {
  const { trainList, inferList } = config.data;
  const isKnown = needs.length > 0 ? new Set([trainList, inferList].flatMap((list) => dataset.list(list))) : new Set();
  for (const name of needs) {
    const stage = stages.find((stage) => stage.name === name);
    if (!stage) throw new Error(`Expected a stage among ${stages.map((s) => s.name).join(", ")} but found ${name}`);
    const made = await resultIds(join(paths.workdir, name));
    if (made.size === 0) {
      throw new Error(
        `Expected results of the stage ${name} in ${paths.workdir} but found none. Run it, and what it needs: ` +
          pipelineCommand(config as unknown as StoredConfig, paths),
      );
    }
    if (stage.kind === "image" && ![...made].some((id) => isKnown.has(id))) {
      throw new Error(
        `Expected the images of ${paths.workdir}, such as ${[...made][0]}, in ${paths.data} but found others`,
      );
    }
  }
}

/**
 * Sentence of a notebook in place of the comparison of a run that has none.
 *
 * @param config The configuration of the run.
 * @param place Folders of run and images; relative paths start at the current folder, that of the notebook.
 * @returns A sentence with the command to run.
 * @example
 * ```ts
 * import { presets } from "../config/config.ts";
 * import { howToCompare } from "./open_run.ts";
 * howToCompare(presets.sample, { workdir: "../out/sample", data: "../out/sample-data" });
 * ```
 */
export function howToCompare(config: Config, { workdir, data }: RunPlace): string {
  const paths = { workdir: resolve(workdir), data: resolve(data) };
  const command = pipelineCommand(config as unknown as StoredConfig, { ...paths, task: "compare" });
  return `There is nothing to show yet, for this run has no comparison: make it with ${command}, then run the ` +
    `notebook again.`;
}
