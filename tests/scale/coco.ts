/**
 * Time and memory of what a run of MS COCO 2014's size does besides its work: the plan before anything is done, the plan
 * of a run that is finished, and going on with nothing to do, each in a process of its own; and how shards share the
 * images of a stage.
 *
 * `deno run -A tests/scale/coco.ts [images [shards]]` prints them for 82,783 images and half as many more to validate,
 * all of them one empty photograph of 640×480 pixels, with COCO's numbers and 3 classes each, in 64 shards.
 * @module
 */
import sharp from "sharp";
import { type Config, presets } from "../../lib/config/config.ts";
import { COCO_CLASSES } from "../../lib/data/class_names.ts";
import { planStage } from "../../lib/run/plan.ts";
import { previewRun, run } from "../../lib/run/run.ts";
import { contextOf, openSession } from "../../lib/run/session.ts";

const module = new URL("./light_stages.ts", import.meta.url).href;

/** Makes the data set as `data:coco2014` leaves it, but for annotations and masks. */
export async function makeCoco(root: string, count: number): Promise<void> {
  await Deno.mkdir(`${root}/ImageSets/Segmentation`, { recursive: true });
  const grey = sharp({ create: { width: 640, height: 480, channels: 3, background: "#808080" } });
  const empty = await grey.jpeg().toBuffer();
  const images: object[] = [], annotations: object[] = [];
  for (const [split, number, first] of [["train2014", count, 9], ["val2014", count >> 1, 13]] as const) {
    await Deno.mkdir(`${root}/${split}`);
    const ids = Array.from({ length: number }, (_, i) => {
      const id = 7 * i + first, name = `COCO_${split}_${String(id).padStart(12, "0")}`;
      Deno.writeFileSync(`${root}/${split}/${name}.jpg`, empty);
      images.push({ id, width: 640, height: 480, file_name: `${name}.jpg` });
      for (const category_id of i % 100 === 0 ? [] : [1, 1 + i % 80, 1 + (7 * i) % 80]) {
        annotations.push({ id: annotations.length + 1, image_id: id, category_id });
      }
      return name;
    });
    await Deno.writeTextFile(`${root}/ImageSets/Segmentation/${split}.txt`, ids.join("\n"));
  }
  const categories = COCO_CLASSES.map((name, index) => ({ id: index + 1, name }));
  await Deno.writeTextFile(`${root}/labels.json`, JSON.stringify({ images, categories, annotations }));
}

function configOf(folder: string): Config {
  const config = structuredClone(presets.coco);
  config.data.root = `${folder}/data`;
  config.backbone.weights = `${folder}/weights.safetensors`;
  config.compute.backend = "cpu";
  return config;
}

/** What one process does. */
const WORK = {
  plan: async (config: Config, workdir: string) => {
    const lines = await previewRun(config, { workdir, module });
    return lines.slice(0, 3).join("; ");
  },
  run: async (config: Config, workdir: string) => {
    const { stages } = await run(config, { workdir, module });
    return `${stages.reduce((sum, { made }) => sum + made, 0)} made`;
  },
};

/** Time by the clock and of the processor, seconds, and memory at the peak, of a process. */
interface Needs {
  readonly clock: number;
  readonly processor: number;
  readonly mebibytes: number;
  /** What it found. */
  readonly said: string;
}

/** Calls this program for one piece of work. */
async function measured(name: keyof typeof WORK, folder: string): Promise<Needs> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", new URL(import.meta.url).pathname, name, folder],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Numbers of images that the shards of a stage get. */
async function sharesOf(folder: string, shards: number): Promise<number[]> {
  const { session, selected } = await openSession(configOf(folder), { workdir: `${folder}/new`, module });
  const stage = selected.find(({ name }) => name === "cam")!, shares: number[] = [];
  for (let index = 0; index < shards; index++) {
    const options = { ...session, shard: { index, count: shards }, pending: new Map() };
    shares.push((await planStage(stage, contextOf(session), options)).tasks.length);
  }
  return shares;
}

/** All measurements. */
export async function measureCoco(count: number, shards: number) {
  const folder = await Deno.makeTempDir();
  try {
    await makeCoco(`${folder}/data`, count);
    await Deno.writeFile(`${folder}/weights.safetensors`, new Uint8Array(8));
    return {
      "plan of a new run": await measured("plan", folder),
      "a run whose work takes no time": await measured("run", folder),
      "plan of a finished run": await measured("plan", folder),
      "going on with nothing to do": await measured("run", folder),
      shares: await sharesOf(folder, shards),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [name = "", folder = ""] = Deno.args;
  if (Object.hasOwn(WORK, name)) {
    const said = await WORK[name as keyof typeof WORK](configOf(folder), `${folder}/out`);
    const [, peak] = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))!;
    const ticks = Deno.readTextFileSync("/proc/self/stat").split(" ").slice(13, 15).map(Number);
    const processor = (ticks[0]! + ticks[1]!) / 100;
    console.log(JSON.stringify({ clock: performance.now() / 1000, processor, mebibytes: Number(peak) / 1024, said }));
  } else {
    const [count = 82_783, shards = 64] = Deno.args.map(Number);
    const { shares, ...rows } = await measureCoco(count, shards);
    for (const [row, { clock, processor, mebibytes, said }] of Object.entries(rows)) {
      const [time, busy] = [clock, processor].map((seconds) => seconds.toFixed(1).padStart(6));
      console.log(
        `${row.padEnd(32)} ${time} s, processor ${busy} s, ${mebibytes.toFixed(0).padStart(5)} MiB (${said})`,
      );
    }
    console.log(`${shards} shards: ${Math.min(...shares)} to ${Math.max(...shares)} images`);
  }
}
