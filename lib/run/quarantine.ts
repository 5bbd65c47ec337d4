import { join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { mapConcurrently, statIfExists } from "../files/disk.ts";
import { JsonLines, readJsonLines } from "../files/json_lines.ts";
import { type Shard, shardFile } from "./shard.ts";

/** Choice between failing at images that cannot be read, and leaving them out. */
export type BadImageChoice = "fail" | "skip";

interface QuarantineLine {
  readonly id: string;
  readonly error: string;
  /** State of the file; when it changes, the image gets another chance. */
  readonly photograph: string;
}

/** The images that are left out because they cannot be read (`quarantine.jsonl`). */
export class Quarantine {
  /** Choice for unreadable images. */
  readonly choice: BadImageChoice;
  readonly #path: string;
  readonly #ids: Set<string>;

  private constructor(choice: BadImageChoice, { path, ids }: { path: string; ids: Set<string> }) {
    this.choice = choice;
    this.#path = path;
    this.#ids = ids;
  }

  /** Opens the quarantine of a working directory. With the choice `fail` it is empty. */
  static async open(
    workdir: string,
    { choice, shard, dataset }: { choice: BadImageChoice; shard: Shard; dataset: Dataset },
  ): Promise<Quarantine> {
    const path = join(workdir, shardFile("quarantine", shard, ".jsonl"));
    const lines = choice === "skip" ? await readLines(workdir) : [];
    const bad = await mapConcurrently(lines, async ({ id, photograph }) => {
      return await imageState(dataset, id).catch(() => null) === photograph ? [id] : [];
    });
    return new Quarantine(choice, { path, ids: new Set(bad.flat()) });
  }

  /** Ids of the images that are left out. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Leaves an image out because of an error in reading it. */
  async add(dataset: Dataset, id: string, error: unknown): Promise<void> {
    this.#ids.add(id);
    const lines = await JsonLines.open(this.#path);
    const photograph = await imageState(dataset, id);
    lines.append({ id, error: (error as Error).message, photograph } satisfies QuarantineLine);
    lines.close();
  }
}

/** Size and time of an image's file. */
export async function imageState(dataset: Dataset, id: string): Promise<string> {
  const info = await statIfExists(dataset.imagePath(id));
  return info ? `${info.size} bytes, ${info.mtime?.getTime()}` : "absent";
}

async function readLines(workdir: string): Promise<QuarantineLine[]> {
  const lines: QuarantineLine[] = [];
  if (!await statIfExists(workdir)) return lines;
  for await (const { name } of Deno.readDir(workdir)) {
    if (/^quarantine(-\d+of\d+)?\.jsonl$/.test(name)) {
      lines.push(...(await readJsonLines(join(workdir, name))).filter(isQuarantineLine));
    }
  }
  return lines;
}

function isQuarantineLine(line: unknown): line is QuarantineLine {
  const { id, photograph } = (line ?? {}) as Partial<QuarantineLine>;
  return typeof id === "string" && typeof photograph === "string";
}
