/**
 * Memory of the process while the stages over images go through many entries: the images of a small generated data set
 * under new ids, all the stages' own work, little networks.
 *
 * `deno run -A --v8-flags=--expose-gc tests/scale/memory.ts [entries [early]]` prints a row for each stage: resident
 * memory after a forced collection at the entry `early` (500) and at the last one (3,000).
 * @module
 */
import { type Config, presets } from "../../lib/config/config.ts";
import { run } from "../../lib/run/run.ts";
import { STAGES_MODULE } from "../../lib/stages/list.ts";
import { generateSample } from "../../lib/data/sample/mod.ts";

/** Resident memory of a stage, bytes. */
export interface StageMemory {
  readonly stage: string;
  readonly early: number;
  readonly late: number;
}

/** Makes a data set of `count` entries from a few images. */
async function makeEntries(root: string, count: number): Promise<void> {
  await generateSample({ seed: 1, out: root, counts: { train: 12, val: 4, empty: 0 } });
  const sources: string[] = [];
  for await (const { name } of Deno.readDir(`${root}/Annotations`)) sources.push(name.replace(".xml", ""));
  const ids = Array.from({ length: count }, (_, i) => `entry_${String(i).padStart(5, "0")}`);
  for (const folder of ["JPEGImages", "Annotations", "SegmentationClass", "SegmentationObject"]) {
    for await (const { name } of Deno.readDir(`${root}/${folder}`)) {
      const [source, ending] = name.split(".") as [string, string];
      for (let i = sources.indexOf(source); i < count; i += sources.length) {
        Deno.linkSync(`${root}/${folder}/${name}`, `${root}/${folder}/${ids[i]}.${ending}`);
      }
    }
  }
  await Deno.writeTextFile(`${root}/ImageSets/Segmentation/entries.txt`, `${ids.join("\n")}\n`);
}

/** Few steps, little crops: the images alone are as of the sample. */
function settings(root: string): Config {
  const config = structuredClone(presets.sample);
  const few = { crop: 64, batch: 4, microBatch: 4, epochs: 1 };
  Object.assign(config.data, { root, classifierList: "train", valList: "val" });
  Object.assign(config.data, { trainList: "entries", inferList: "entries", instanceList: "entries" });
  Object.assign(config.backbone.pretraining!, few);
  Object.assign(config.cam.training, few, { resizeLong: [64, 80] });
  Object.assign(config.irnet.training, few, { batch: 64, radius: 4 });
  config.cam.scales = [0.5];
  config.irnet.crop = 64;
  config.displacement.iterations = 20;
  config.walk.steps = 4;
  config.relation.crf.iterations = 2;
  Object.assign(config.evaluation, { colourBaseline: false, camThresholds: [0.25], pseudoThresholds: [0.25] });
  Object.assign(config.compute, { workers: 2 });
  return config;
}

/** Runs the stages over `count` entries, and measures at entry `early` and at the last one. */
export async function measureMemory(count: number, early: number): Promise<StageMemory[]> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Expected to be run with --v8-flags=--expose-gc");
  const root = await Deno.makeTempDir();
  const found = new Map<string, { early: number; late: number }>();
  let time = 0;
  const write = (text: string) => {
    // deno-lint-ignore no-control-regex
    const [, stage, done] = /^\r\x1b\[K(\w+) .* (\d+)\/\d+/.exec(text) ?? [];
    if (stage === undefined || (Number(done) % early !== 0 && Number(done) !== count) || Number(done) === 0) return;
    gc();
    const { rss } = Deno.memoryUsage(), before = found.get(stage);
    found.set(stage, { early: before?.early ?? rss, late: rss });
    console.error(`${stage}: ${(rss / 2 ** 20).toFixed(0)} MiB at ${done}`);
  };
  try {
    await makeEntries(`${root}/data`, count);
    const stages = ["backbone_train", "cam_train", "cam", "relation", "irnet_train", "irnet", "instance", "semantic"];
    await run(settings(`${root}/data`), {
      workdir: `${root}/out`,
      module: STAGES_MODULE,
      stages: [...stages, "measure"],
      progress: { terminal: true, write, now: () => time += 1000 }, // every image is shown
    });
    return [...found].filter(([stage]) => !stage.endsWith("_train")).map(([stage, rss]) => ({ stage, ...rss }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

if (import.meta.main) {
  const [count = 3000, early = 500] = Deno.args.map(Number);
  for (const { stage, early: before, late } of await measureMemory(count, early)) {
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0).padStart(5);
    console.log(`${stage.padEnd(10)} ${mib(before)} MiB at ${early}, ${mib(late)} MiB at ${count}`);
  }
}
