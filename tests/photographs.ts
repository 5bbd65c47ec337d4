/**
 * A stranger's folder, made of VOC's photographs: some images of a few classes, the rest without any. `init` writes its
 * configuration, `pipeline` runs it, and the numbers are printed as a line of JSON.
 *
 * ```sh
 * deno run -A tests/photographs.ts VOCdevkit/VOC2012 out/cat --weights efficientnet_lite0.safetensors \
 *   --classes cat [--positives 10] [--images 40] [--seed 0] [--factor 1] [-- flags of the run]
 * ```
 *
 * Positives are images of `train_instance`, whose instances are exact; the others are drawn from `train`. With
 * `--factor` all are enlarged by a bicubic filter, and their masks by repeating pixels.
 * @module
 */
import { basename, join, resolve } from "node:path";
import sharp from "sharp";
import { openDataset, random, readList } from "../lib/data/mod.ts";
import { VOC_CLASSES } from "../lib/data/class_names.ts";
import { decodePng, encodePng, type LabelMap } from "../lib/files/png.ts";

const separator = Deno.args.indexOf("--"), own = separator < 0 ? Deno.args : Deno.args.slice(0, separator);
const runFlags = separator < 0 ? ["--backend", "tensorflow"] : Deno.args.slice(separator + 1);
const [voc, out] = own;
if (voc === undefined || out === undefined) throw new Error("Expected VOC's folder and the one to make");
const flag = (name: string, fallback: string) => {
  const at = own.indexOf(`--${name}`);
  return at < 0 ? fallback : own[at + 1]!;
};
const classes = flag("classes", "cat").split(","), positives = Number(flag("positives", "10"));
const images = Number(flag("images", "40")), seed = Number(flag("seed", "0")), factor = Number(flag("factor", "1"));
const ids = classes.map((name) => VOC_CLASSES.indexOf(name) + 1);
if (ids.includes(0)) throw new Error(`Expected names of VOC's classes but found ${classes.join(", ")}`);

await makeFolder();
const configuration = join(out, "irnet.json");
await task("init", out, "--weights", flag("weights", ""), "--classes", classes.join(","), "--force");
const started = performance.now();
await task("pipeline", "--config", configuration, ...runFlags);
const minutes = (performance.now() - started) / 60_000;
const { workdir } = JSON.parse(Deno.readTextFileSync(configuration));
const metrics = JSON.parse(Deno.readTextFileSync(join(workdir, "evaluation", "metrics.json")));
console.log(JSON.stringify({ classes, positives, images, seed, factor, minutes, workdir, metrics }));

/** Writes images, names and masks; the ids of masks are those of the classes in their order. */
async function makeFolder(): Promise<void> {
  const dataset = await openDataset({ root: voc!, labels: null, classes: VOC_CLASSES });
  const shuffled = (list: string) => {
    const draw = random(seed, list), all = [...readList(voc!, list)!.ids];
    return all.map((id) => ({ id, key: draw() })).sort((a, b) => a.key - b.key).map(({ id }) => id);
  };
  const shows = (id: string, name: string) => dataset.labels(id).includes(VOC_CLASSES.indexOf(name));
  const chosen = new Set<string>();
  for (const name of classes) {
    const some = shuffled("train_instance").filter((id) => shows(id, name) && !chosen.has(id)).slice(0, positives);
    if (some.length < positives) throw new Error(`Expected ${positives} images of ${name} but found ${some.length}`);
    for (const id of some) chosen.add(id);
  }
  for (const id of shuffled("train")) {
    if (chosen.size >= images) break;
    if (!classes.some((name) => shows(id, name))) chosen.add(id);
  }
  for (const folder of ["JPEGImages", "SegmentationClass", "SegmentationObject"]) {
    Deno.mkdirSync(join(out!, folder), { recursive: true });
  }
  const names: Record<string, string[]> = {};
  for (const id of chosen) {
    names[id] = classes.filter((name) => shows(id, name));
    const from = (folder: string, end: string) => join(voc!, folder, id + end);
    const to = (folder: string, end: string) => join(out!, folder, id + end);
    const image = sharp(from("JPEGImages", ".jpg")), { width, height } = await image.metadata();
    if (factor === 1) Deno.copyFileSync(from("JPEGImages", ".jpg"), to("JPEGImages", ".jpg"));
    else {
      const size = [Math.round(factor * width), Math.round(factor * height)] as const;
      await image.resize(...size, { kernel: "cubic", fit: "fill" }).jpeg({ quality: 95 }).toFile(
        to("JPEGImages", ".jpg"),
      );
    }
    const mask = decodePng(Deno.readFileSync(from("SegmentationClass", ".png")), id);
    const shown = names[id]!.length > 0; // the others have no file of objects
    const objects = decodePng(Deno.readFileSync(from(shown ? "SegmentationObject" : "SegmentationClass", ".png")), id);
    const data = mask.data.map((label) => label === 255 ? 255 : ids.indexOf(label) + 1);
    const object = objects.data.map((label, i) => data[i] === 0 ? 0 : label);
    Deno.writeFileSync(to("SegmentationClass", ".png"), encodePng(enlarged({ ...mask, data })));
    Deno.writeFileSync(to("SegmentationObject", ".png"), encodePng(enlarged({ ...objects, data: object })));
  }
  Deno.writeTextFileSync(join(out!, "image_labels.json"), JSON.stringify(names, null, 2));
}

function enlarged({ width, height, data }: LabelMap): LabelMap {
  const size = { width: Math.round(factor * width), height: Math.round(factor * height) };
  const at = (i: number, to: number, from: number) => Math.min(from - 1, Math.floor((i + 0.5) * from / to));
  const rows = Array.from({ length: size.height }, (_, y) => at(y, size.height, height) * width);
  const columns = Array.from({ length: size.width }, (_, x) => at(x, size.width, width));
  return { ...size, data: Uint8Array.from(rows.flatMap((row) => columns.map((column) => data[row + column]!))) };
}

async function task(name: string, ...flags: string[]): Promise<void> {
  console.error(`${name} of ${basename(resolve(out!))}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["task", name, ...flags],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) throw new Error(`Expected ${name} to succeed but found exit code ${code}`);
}
