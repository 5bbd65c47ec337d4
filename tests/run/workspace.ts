/** A temporary data set of text files and a working directory for the toy pipeline. */
import { type Config, presets } from "../../lib/config/config.ts";
import { run, type RunOptions } from "../../lib/run/run.ts";

/** Address of the toy pipeline. */
export const toys: string = new URL("./toy_pipeline.ts", import.meta.url).href;

/** What the toys read of the preset `sample` that may change there. */
export const toySettings = { "relation.foreground": 0.4, "irnet.training.epochs": 12 };

/** A temporary folder with a data set in `data` and results in `out`. */
export interface Workspace {
  readonly root: string;
  readonly workdir: string;
  /** Path below the data set. */
  data(file: string): string;
  /** Path below the working directory. */
  out(file: string): string;
  /** Runs the toy pipeline and returns how many images each stage made. */
  run(options?: Partial<RunOptions> & { change?: (config: Config) => void }): Promise<Record<string, number>>;
  /** The settings that the toys start from. */
  config(change?: (config: Config) => void): Config;
}

/** Does work in a workspace with `count` images, then removes it. */
export async function withWorkspace(count: number, work: (workspace: Workspace) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(`${root}/data`);
  const labels: Record<string, number[]> = {};
  for (let i = 0; i < count; i++) {
    const id = `image_${String(i).padStart(3, "0")}`;
    labels[id] = i % 3 === 0 ? [0, 1] : [i % 2];
    await Deno.writeTextFile(`${root}/data/${id}.txt`, `photograph ${i}`);
  }
  await Deno.writeTextFile(`${root}/data/ids.json`, JSON.stringify(labels));
  const config = (change?: (config: Config) => void) => {
    const config = structuredClone(presets.sample);
    config.data.root = `${root}/data`;
    config.relation.foreground = toySettings["relation.foreground"];
    config.irnet.training.epochs = toySettings["irnet.training.epochs"];
    config.compute.workers = 2;
    change?.(config);
    return config;
  };
  try {
    await work({
      root,
      workdir: `${root}/out`,
      data: (file) => `${root}/data/${file}`,
      out: (file) => `${root}/out/${file}`,
      config,
      run: async ({ change, ...options } = {}) => {
        const report = await run(config(change), { workdir: `${root}/out`, module: toys, ...options });
        return Object.fromEntries(report.stages.map(({ stage, made }) => [stage, made]));
      },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Contents of all files below a folder by path, without logs and reports of runs, and manifests without times. */
export async function snapshot(folder: string, prefix = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) Object.assign(files, await snapshot(path, `${prefix}${name}/`));
    else if (name === "log.jsonl" || name === "run.json") continue;
    else files[`${prefix}${name}`] = withoutTimes(await Deno.readTextFile(path), name);
  }
  return Object.fromEntries(Object.entries(files).sort());
}

function withoutTimes(text: string, name: string): string {
  return name.startsWith("manifest") ? text.replace(/"(seconds|time)":[\d.e-]+/g, '"$1":0') : text;
}
