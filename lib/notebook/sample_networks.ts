import { join } from "node:path";
import { type Config, presets } from "../config/config.ts";
import { merge } from "../config/merge.ts";
import type { GenerateSampleOptions } from "../data/sample/generate_sample.ts";
import { makeSampleData } from "../data/sample/make_sample_data.ts";
import { run } from "../run/run.ts";
import { stages, STAGES_MODULE } from "../stages/list.ts";
import { ROOT, type RunPlace } from "./settings.ts";

/**
 * The networks of the sample, which come with the project: those of `deno task demo`, generator seed 0, training seed 0,
 * in floats of 16 bits. With them the 160 validation images have what the preset `sample` states, to 0.2.
 */
export const SAMPLE_NETWORKS: string = join(ROOT, "data", "sample_networks.safetensors");

/** Images of the sample that notebooks look at before there is a run: enough for every cell, and made in seconds. */
const COUNTS = { train: 24, val: 24, empty: 4 };

/** What is made, and what stops it. */
interface SampleNetworksOptions {
  /** Names of the stages whose results are wanted. */
  readonly needs: readonly string[];
  /** Receives a line for whatever is being done. */
  readonly log: (line: string) => void;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** Images of each kind. */
  readonly counts?: GenerateSampleOptions["counts"];
}

/**
 * Makes what a notebook needs with the sample's networks, on the first images of the sample: nothing is trained.
 *
 * @param place Folders of the results and the images, which are made.
 * @param options What is made.
 * @returns The configuration.
 */
export async function runSampleNetworks(
  { workdir, data }: RunPlace,
  { needs, log, signal, counts = COUNTS }: SampleNetworksOptions,
): Promise<Config> {
  const config = merge<Config>(presets.sample, {
    data: { root: data },
    backbone: { pretraining: null },
    cam: { weights: SAMPLE_NETWORKS },
    irnet: { weights: SAMPLE_NETWORKS },
    evaluation: { pictures: 4 },
  });
  await makeSampleData(data, config.seed, counts);
  const progress = { terminal: false, write: (text: string) => log(text.trimEnd()) };
  await run(config, { workdir, module: STAGES_MODULE, stages: withUpstream(needs, config), progress, signal });
  return config;
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
