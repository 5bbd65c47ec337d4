/** A small folder of images with labels, and commands that are run on it within this process. */
import sharp from "sharp";
import { main } from "../../lib/command_line/main.ts";

/** Everything as in the preset `sample`, but with a step or two a training. */
const settings = {
  preset: "sample",
  data: {
    classes: ["kite", "fire truck"],
    trainList: "all",
    classifierList: null,
    valList: null,
    inferList: "all",
    instanceList: "all",
    meanDisplacementList: null,
  },
  backbone: { pretraining: { crop: 32, batch: 4, microBatch: 4, epochs: 1 } },
  cam: { training: { crop: 32, batch: 4, microBatch: 4, epochs: 1, resizeLong: [24, 40] }, scales: [1] },
  relation: { crf: { iterations: 1 } },
  irnet: { training: { crop: 32, batch: 4, microBatch: 4, epochs: 1, radius: 3 }, crop: 32 },
  displacement: { iterations: 2 },
  walk: { steps: 1 },
  evaluation: { camThresholds: [0.2], pseudoThresholds: [0.25], colourBaseline: false, pictures: 0 },
  compute: { backend: "wasm", threads: 1, workers: 1 },
};

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder with images a … d, labels and configuration. */
export class OwnData {
  /** The folder. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder: four images of 40×30 pixels, labelled in `labels.json`. */
  static async make(): Promise<OwnData> {
    const own = new OwnData(await Deno.makeTempDir());
    for (const id of ["a", "b", "c", "d"]) await own.image(`${id}.png`, { width: 40, height: 30 });
    await own.text("labels.json", JSON.stringify({ a: ["kite"], b: ["fire truck"], c: ["kite"], d: [] }));
    await own.text("irnet.json", JSON.stringify({ ...settings, data: { ...settings.data, root: own.root } }));
    return own;
  }

  /** Path of a file. */
  path(name: string): string {
    return `${this.root}/${name}`;
  }

  /** Writes a picture in the format of its extension: a grey field, and a red disc on it. */
  async image(name: string, { width, height }: { width: number; height: number }): Promise<void> {
    const data = new Uint8Array(width * height * 3).fill(150);
    for (let i = 0; i < width * height; i++) {
      const x = (i % width) / width - 0.5, y = Math.floor(i / width) / height - 0.5;
      data[3 * i + 1]! += i % 7;
      if (x * x + y * y < 0.08) data.set([210, 40, 30], 3 * i);
    }
    await Deno.mkdir(this.path(name).replace(/\/[^/]*$/, ""), { recursive: true });
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(this.path(name));
  }

  /** Writes a text. */
  async text(name: string, content: string): Promise<void> {
    await this.bytes(name, new TextEncoder().encode(content));
  }

  /** Writes a file. */
  async bytes(name: string, content: Uint8Array): Promise<void> {
    await Deno.mkdir(this.path(name).replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(this.path(name), content);
  }

  /** Runs the command line to its end. */
  async command(...args: string[]): Promise<Ended> {
    const lines = { log: [] as string[], error: [] as string[] }, { log, error } = console;
    console.log = (text) => void lines.log.push(text);
    console.error = (text) => void lines.error.push(text);
    try {
      const code = await main(args);
      return { code, stdout: lines.log.join("\n"), stderr: lines.error.join("\n") };
    } finally {
      Object.assign(console, { log, error });
    }
  }

  /** Runs the pipeline. */
  async run(...args: string[]): Promise<Ended> {
    return await this.command("run", "--config", this.path("irnet.json"), "--workdir", this.path("out"), ...args);
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}
