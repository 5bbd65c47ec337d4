import { join, resolve } from "node:path";
import { type Config, presets } from "../config/config.ts";
import { completeConfig } from "../config/load_config.ts";
import { VERSION } from "../config/version.ts";
import { makeSampleData } from "../data/sample/make_sample_data.ts";
import { readFileIfExists } from "../files/disk.ts";
import { openResults, resultIds, type Results } from "../results/open_results.ts";
import { run } from "../run/run.ts";
import { stages, STAGES_MODULE } from "../stages/list.ts";
import { pipelineCommand, ROOT, type StoredConfig } from "./settings.ts";

/** Folders of a run and its images; the two variables at the top of each notebook. */
export interface RunPlace {
  /** The working directory of the run. */
  readonly workdir: string;
  /** The data set that it works on. */
  readonly data: string;
}

/** Options of {@linkcode openRun}. */
export interface OpenRunOptions {
  /** Names of the stages whose results are wanted. */
  readonly needs: readonly string[];
  /** Receives a line for whatever is being done. */
  readonly log?: (line: string) => void;
}

/** Content of `run.json`. */
interface StoredRun {
  readonly versions: { readonly irnet: string };
  readonly config: StoredConfig;
}

/**
 * Opens a run for a notebook. Its settings are those that the run has stored in its working directory.
 *
 * With the preset `sample`, which takes minutes, the wanted stages and those before them are run, as far as they are
 * not done, after the sample data set itself has been made. Other runs take hours: they must have been there.
 *
 * @param place Folders of run and images; relative paths start at the current folder, that of the notebook.
 * @param options The stages whose results are wanted.
 * @returns Results of the run.
 * @throws Error that names the command to run where there is no run, where another version made it, or where a stage
 * has made nothing.
 * @example
 * ```ts ignore
 * const run = await openRun({ workdir: "../out/sample", data: "../out/sample-data" }, { needs: ["cam"] });
 * const [id] = await run.ids("cam");
 * ```
 */
export async function openRun(
  place: RunPlace,
  { needs, log = (line) => console.log(line) }: OpenRunOptions,
): Promise<Results> {
  const paths = { workdir: resolve(place.workdir), data: resolve(place.data) };
  const config = await configOf(paths);
  if (config.preset === "sample") {
    await makeSampleData(paths.data, config.seed);
    await run(config, {
      workdir: paths.workdir,
      module: STAGES_MODULE,
      stages: withUpstream(needs, config),
      progress: { terminal: false, write: (text) => log(text.trimEnd()) },
    });
  } else {
    await expectResults(needs, { config, paths });
  }
  return await openResults(config, paths.workdir);
}

/** The configuration of the run in a working directory, with the paths in it as seen from anywhere. */
async function configOf(paths: RunPlace): Promise<Config> {
  const { workdir, data } = paths;
  const stored = await readRun(join(workdir, "run.json"));
  if (!stored && data !== join(ROOT, presets.sample.data.root!)) {
    throw new Error(
      `Expected a run in ${workdir} but found no run.json there. Make one first: ` +
        `${pipelineCommand({ preset: "lite" }, paths)} --set backbone.weights=FILE`,
    );
  }
  const found = stored ?? { versions: { irnet: VERSION }, config: presets.sample as unknown as StoredConfig };
  if (found.versions.irnet !== VERSION) {
    throw new Error(
      `Expected a run of version ${VERSION} in ${workdir} but found one of version ${found.versions.irnet}. ` +
        `This brings it up to date, and redoes only what has changed: ${pipelineCommand(found.config, paths)}`,
    );
  }
  const config = completeConfig(found.config);
  const anywhere = (path: string | null) => path && resolve(ROOT, path);
  return {
    ...config,
    data: { ...config.data, root: data, labels: anywhere(config.data.labels) },
    backbone: { ...config.backbone, weights: anywhere(config.backbone.weights) },
    cam: { ...config.cam, weights: anywhere(config.cam.weights), from: anywhere(config.cam.from) },
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

/** Stages and all that they read, directly or not, as far as the configuration asks for them. */
function withUpstream(names: readonly string[], config: Config): string[] {
  const wanted = new Set<string>();
  const add = (name: string) => {
    const stage = stages.find((stage) => stage.name === name);
    if (!stage) throw new Error(`Expected a stage among ${stages.map((s) => s.name).join(", ")} but found ${name}`);
    if (wanted.has(name) || stage.enabled?.(config) === false) return;
    wanted.add(name);
    stage.reads.forEach(add);
  };
  names.forEach(add);
  return stages.map(({ name }) => name).filter((name) => wanted.has(name));
}

/** @throws Error naming the command to run where a stage has made nothing. */
async function expectResults(
  needs: readonly string[],
  { config, paths }: { config: Config; paths: RunPlace },
): Promise<void> {
  for (const name of needs) {
    if ((await resultIds(join(paths.workdir, name))).size > 0) continue;
    throw new Error(
      `Expected results of the stage ${name} in ${paths.workdir} but found none. Run it, and what it needs: ` +
        pipelineCommand(config as unknown as StoredConfig, paths),
    );
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
