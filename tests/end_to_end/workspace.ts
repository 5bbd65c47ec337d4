/** A small generated data set, a configuration that trains for seconds, and the command line as a process of its own. */
import { presets } from "../../lib/config/config.ts";
import { generateSample } from "../../lib/data/sample/mod.ts";

const main = new URL("../../mod.ts", import.meta.url).pathname;

/** A data set and what a run does with it. */
export interface Scale {
  /** Images of each kind. */
  readonly counts: { readonly train: number; readonly val: number; readonly empty: number };
  /** Passes over the training images, in batches of 4. */
  readonly epochs: { readonly backbone: number; readonly cam: number; readonly irnet: number };
}

/** 54 training steps in all. */
const usual: Scale = { counts: { train: 12, val: 4, empty: 2 }, epochs: { backbone: 6, cam: 2, irnet: 8 } };

/** Everything as in the preset `sample`, but small: few steps, little images, few of everything. */
const settingsOf = ({ epochs }: Scale) => ({
  preset: "sample",
  backbone: { pretraining: { crop: 64, batch: 4, microBatch: 2, epochs: epochs.backbone } },
  cam: { training: { crop: 64, batch: 4, microBatch: 2, epochs: epochs.cam, resizeLong: [64, 80] }, scales: [1, 0.5] },
  amn: { training: { crop: 64, batch: 4, microBatch: 2, epochs: 4 }, scales: [1, 0.5] },
  irnet: { training: { crop: 64, batch: 4, microBatch: 2, epochs: epochs.irnet, radius: 4 } },
  displacement: { iterations: 20 },
  walk: { steps: 8 },
  synthesis: { semanticThreshold: 0.25 },
  evaluation: { camThresholds: [0.1, 0.25], pseudoThresholds: [0.25], pictures: 2 },
  compute: { backend: "wasm", threads: 1, workers: 2 },
});

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder with data, configuration and results. */
export class Workspace {
  /** The folder. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder with a data set in which every class occurs. */
  static async make(scale: Scale = usual): Promise<Workspace> {
    const workspace = new Workspace(await Deno.makeTempDir());
    const data = workspace.path("data");
    const generate = (seed: number) => generateSample({ seed, out: data, counts: scale.counts });
    let seed = 1;
    for (await generate(seed); !await hasAllClasses(data);) await generate(++seed);
    await Deno.writeTextFile(
      workspace.path("config.json"),
      JSON.stringify({ ...settingsOf(scale), data: { root: data } }),
    );
    return workspace;
  }

  /** Path of a file or folder. */
  path(name: string): string {
    return `${this.root}/${name}`;
  }

  /** Starts `mod.ts` with the configuration. */
  start(command: string, { workdir = "out", args = [] }: { workdir?: string; args?: readonly string[] } = {}) {
    return new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "--quiet", main, command, "--config", this.path("config.json")],
        ...["--workdir", this.path(workdir), ...args],
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs `mod.ts` to its end. */
  async command(command: string, options?: { workdir?: string; args?: readonly string[] }): Promise<Ended> {
    const { code, stdout, stderr } = await this.start(command, options).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Copies a folder with everything in it, times of files included. */
  async copy(from: string, to: string): Promise<void> {
    await Deno.mkdir(this.path(to), { recursive: true });
    for await (const { name, isDirectory } of Deno.readDir(this.path(from))) {
      if (isDirectory) {
        await this.copy(`${from}/${name}`, `${to}/${name}`);
      } else {
        const { mtime } = await Deno.stat(this.path(`${from}/${name}`));
        await Deno.copyFile(this.path(`${from}/${name}`), this.path(`${to}/${name}`));
        await Deno.utime(this.path(`${to}/${name}`), mtime!, mtime!);
      }
    }
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Whether every class occurs in the training images, as the colour control needs it. */
async function hasAllClasses(data: string): Promise<boolean> {
  let names = "";
  for await (const { name } of Deno.readDir(`${data}/Annotations`)) {
    if (name.startsWith("train")) names += await Deno.readTextFile(`${data}/Annotations/${name}`);
  }
  return presets.sample.data.classes.every((name) => names.includes(`<name>${name}<`));
}

/** How many images each stage made, from the table that a run ends with. */
export function madeBy(stdout: string): Record<string, number> {
  return Object.fromEntries(
    [...stdout.matchAll(/^(\w+) +(\d+) of \d+/gm)].map(([, stage, made]) => [stage!, Number(made)]),
  );
}
