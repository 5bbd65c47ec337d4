/** A small data set with true masks, and a working directory with pseudo labels that a run could have made. */
import { type Config, presets } from "../../lib/config/config.ts";
import { encodeNpz } from "../../lib/files/npz.ts";
import { encodePng } from "../../lib/files/png.ts";

const height = 20, width = 30;

/** Rectangle [top, left, bottom, right) of a class, and how sure of it. */
interface Rectangle {
  readonly class: number;
  readonly score: number;
  readonly at: readonly [number, number, number, number];
}

/** What there is, and what was found, in each image. The last has no true masks. */
const images: Record<string, { truth: Rectangle[]; found: Rectangle[] }> = {
  one: {
    truth: [{ class: 1, score: 1, at: [2, 2, 12, 12] }, { class: 0, score: 1, at: [5, 15, 15, 25] }],
    found: [
      { class: 1, score: 0.9, at: [2, 2, 12, 10] },
      { class: 0, score: 0.4, at: [5, 14, 15, 22] },
      { class: 0, score: 0, at: [0, 0, 1, 1] },
    ],
  },
  two: {
    truth: [{ class: 1, score: 1, at: [0, 0, 20, 30] }],
    found: [{ class: 1, score: 0.5, at: [0, 0, 20, 16] }, { class: 0, score: 0.8, at: [5, 10, 15, 29] }],
  },
  three: { truth: [], found: [] },
  four: { truth: [], found: [{ class: 1, score: 0.7, at: [1, 1, 3, 3] }] },
};

/** Paths and settings of the data set. */
export interface Labelled {
  readonly root: string;
  readonly data: string;
  readonly workdir: string;
  readonly config: Config;
}

/** Does work with data set and results in a temporary folder, then removes it. */
export async function withLabels(work: (labelled: Labelled) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const data = `${root}/data`, workdir = `${root}/out`;
  const write = async (path: string, bytes: Uint8Array) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
  };
  try {
    for (const [id, { truth, found }] of Object.entries(images)) {
      await write(`${data}/JPEGImages/${id}.png`, encodePng(paint([], () => 0), { palette: null }));
      if (id !== "four") {
        await write(`${data}/SegmentationClass/${id}.png`, encodePng(paint(truth, (one) => one.class + 1)));
        await write(`${data}/SegmentationObject/${id}.png`, encodePng(paint(truth, (_, n) => n + 1)));
      }
      await write(`${workdir}/instance/${id}.npz`, instances(found));
      await write(`${workdir}/semantic/${id}.png`, encodePng(paint(found, (one) => one.class + 1)));
    }
    const labels = Object.fromEntries(Object.keys(images).map((id) => [id, ["cat", "dog"]]));
    await Deno.writeTextFile(`${data}/image_labels.json`, JSON.stringify(labels));
    await Deno.mkdir(`${data}/ImageSets/Segmentation`, { recursive: true });
    await Deno.writeTextFile(`${data}/ImageSets/Segmentation/train.txt`, `${Object.keys(images).join("\n")}\n`);
    await Deno.writeTextFile(`${data}/ImageSets/Segmentation/val.txt`, "one\ntwo\nthree\n");
    const config = structuredClone(presets.sample);
    Object.assign(config.data, { root: data, classes: ["dog", "cat"], inferList: "train", valList: "val" });
    await work({ root, data, workdir, config });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Flags that make the command line use the data set. */
export function flagsOf({ data, workdir }: Labelled): string[] {
  const lists = ["--set", "data.inferList=train", "--set", "data.valList=val"];
  return ["--preset", "sample", "--voc-root", data, "--set", "data.classes=dog,cat", ...lists, "--workdir", workdir];
}

function inside([top, left, bottom, right]: Rectangle["at"]): number[] {
  return Array.from({ length: height * width }, (_, i) => i).filter((i) => {
    const y = Math.floor(i / width), x = i % width;
    return y >= top && y < bottom && x >= left && x < right;
  });
}

function paint(list: readonly Rectangle[], value: (one: Rectangle, n: number) => number) {
  const data = new Uint8Array(height * width);
  list.forEach((one, n) => inside(one.at).forEach((i) => data[i] = value(one, n)));
  return { height, width, data };
}

function instances(list: readonly Rectangle[]): Uint8Array {
  const mask = new Uint8Array(list.length * height * width);
  list.forEach((one, n) => inside(one.at).forEach((i) => mask[n * height * width + i] = 1));
  return encodeNpz({
    score: { shape: [list.length], data: Float32Array.from(list, ({ score }) => score) },
    class: { shape: [list.length], data: Int32Array.from(list, (one) => one.class) },
    mask: { shape: [list.length, height, width], data: mask },
  });
}
