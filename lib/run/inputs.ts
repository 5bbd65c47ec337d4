import { join } from "node:path";
import type { Stage, StageContext } from "./stage.ts";
import { mapConcurrently, readFileIfExists, statIfExists } from "../files/disk.ts";
import { hashOf, sha256 } from "../files/hash.ts";
import { type ManifestRecord, readManifest, WHOLE_STAGE } from "./manifest.ts";
import { imageState } from "./quarantine.ts";

/** Hashes of what a stage reads, as the values of {@linkcode ManifestRecord.inputs}. */
export type InputHashes = Record<string, string>;

/** Which results will only be made by this run, as far as a dry run can tell. */
export type Pending = ReadonlyMap<string, ReadonlySet<string>>;

/** Stands for an input that another stage has yet to make; nothing recorded equals it. */
const TO_BE_MADE = "to be made";

/**
 * Facts that a run has found out about inputs. While it runs, these change only by its own work, of which it is told: so every
 * file is looked at once, not once for each stage that reads it.
 */
export class InputMemory {
  /** File and labels of an image. */
  readonly images: Map<string, InputHashes> = new Map();
  /** Results of stages. */
  readonly stages: Map<string, Promise<Upstream>> = new Map();

  /** To be told when a stage has worked. */
  forget(stage: string): void {
    this.stages.delete(stage);
  }
}

/** Computes what the images of a stage, or a stage as a whole, depend on, from the state of the disk. */
export class InputReader {
  readonly #stage: Stage;
  readonly #context: StageContext;
  readonly #upstream: Upstream[];
  readonly #memory: InputMemory;

  private constructor(
    stage: Stage,
    { context, upstream, memory }: { context: StageContext; upstream: Upstream[]; memory: InputMemory },
  ) {
    this.#stage = stage;
    this.#context = context;
    this.#upstream = upstream;
    this.#memory = memory;
  }

  /** Reads the manifests of the stages that a stage reads and that the configuration asks for. */
  static async open(
    stage: Stage,
    context: StageContext,
    { stages, pending, memory }: { stages: readonly Stage[]; pending: Pending; memory: InputMemory },
  ): Promise<InputReader> {
    const upstream = stage.reads.map((name) => {
      const found = stages.find((other) => other.name === name);
      if (!found) throw new Error(`Expected ${stage.name} to read stages that exist but found ${name}`);
      return found;
    }).filter((other) => other.enabled?.(context.config) ?? true);
    const open = (other: Stage) => {
      const found = memory.stages.get(other.name) ??
        Upstream.open(other, context, pending.get(other.name) ?? new Set());
      memory.stages.set(other.name, found);
      return found;
    };
    return new InputReader(stage, { context, upstream: await Promise.all(upstream.map(open)), memory });
  }

  /** Hashes of what an image, or {@linkcode WHOLE_STAGE}, depends on, given the images whose files and labels it reads. */
  async of(id: string, images: readonly string[]): Promise<InputHashes> {
    const inputs: InputHashes = images.length === 0 ? {} : { ...await this.#ofImages(id, images) };
    if (this.#stage.ignoresLabels) delete inputs["labels"];
    const outside = this.#stage.readsOutside?.(this.#context.config, id) ?? [];
    const stateOf = this.#stage.kind === "whole" ? contentState : fileState;
    if (outside.length > 0) inputs["files"] = hashOf(await Promise.all(outside.map(stateOf)));
    if (this.#stage.readsMasks) {
      const states = await mapConcurrently(images, (image) => maskState(this.#context, image));
      if (states.some((state) => state !== null)) inputs["masks"] = hashOf(states);
    }
    for (const upstream of this.#upstream) inputs[upstream.stage.name] = await this.#ofUpstream(upstream, id);
    return inputs;
  }

  async #ofImages(id: string, images: readonly string[]): Promise<InputHashes> {
    const found = this.#memory.images.get(id);
    if (found && id !== WHOLE_STAGE) return found;
    const { dataset } = this.#context;
    const states = await mapConcurrently(images, (image) => imageState(dataset, image));
    const hashes = {
      photographs: hashOf(states),
      labels: hashOf(images.map((image) => [image, dataset.labels(image)])),
    };
    this.#memory.images.set(id, hashes);
    return hashes;
  }

  async #ofUpstream(upstream: Upstream, id: string): Promise<string> {
    if (upstream.stage.kind === "whole") return await upstream.state(WHOLE_STAGE);
    if (id !== WHOLE_STAGE) return await upstream.state(id);
    const ids = upstream.stage.ids(this.#context);
    const states = await mapConcurrently(ids, (each) => upstream.state(each));
    return states.includes(TO_BE_MADE) ? TO_BE_MADE : hashOf(ids.map((each, i) => [each, states[i]]));
  }
}

/** The results of a stage that another one reads. */
class Upstream {
  readonly stage: Stage;
  readonly #folder: string;
  readonly #pending: ReadonlySet<string>;
  readonly #records: Map<string, ManifestRecord>; // those that were not asked for yet
  readonly #states = new Map<string, Promise<string>>();
  #found: Promise<ReadonlyMap<string, readonly string[]>> | null = null; // read only where it is needed

  private constructor(
    stage: Stage,
    { folder, pending, records }: {
      folder: string;
      pending: ReadonlySet<string>;
      records: Map<string, ManifestRecord>;
    },
  ) {
    this.stage = stage;
    this.#folder = folder;
    this.#pending = pending;
    this.#records = records;
  }

  static async open(stage: Stage, { files }: StageContext, pending: ReadonlySet<string>): Promise<Upstream> {
    const folder = files.path(stage.name, ".");
    return new Upstream(stage, { folder, pending, records: await readManifest(folder) });
  }

  /** Hash of the results for an image, or for {@linkcode WHOLE_STAGE}. */
  state(id: string): Promise<string> {
    const state = this.#states.get(id) ?? this.#look(id);
    this.#states.set(id, state);
    return state;
  }

  async #look(id: string): Promise<string> {
    if (this.#pending.has(id)) return TO_BE_MADE;
    const outputs = this.#records.get(id)?.outputs;
    this.#records.delete(id); // the state stays
    // Files that the pipeline did not make (class maps of another method, say) are known by size and time only.
    const files = outputs ? Object.keys(outputs).sort() : await this.#others(id);
    if (files.length === 0) return "absent";
    const states = await Promise.all(files.map(async (file) => {
      const info = await statIfExists(join(this.#folder, file));
      const output = outputs?.[file];
      if (!info) return "absent";
      return output?.bytes === info.size ? output.hash : `${info.size} bytes, ${info.mtime?.getTime()}`;
    }));
    return hashOf(files.map((file, i) => [file, states[i]]));
  }

  async #others(id: string): Promise<readonly string[]> {
    this.#found ??= filesFound(this.#folder, this.stage.kind);
    return (await this.#found).get(id) ?? [];
  }
}

/** Size and hash of a file's contents. */
async function contentState(path: string): Promise<string> {
  const contents = await readFileIfExists(path);
  return contents ? `${contents.length} bytes, ${sha256(contents)}` : "absent";
}

/** Size and time of a file. */
async function fileState(path: string): Promise<string> {
  const info = await statIfExists(path);
  return info ? `${info.size} bytes, ${info.mtime?.getTime()}` : "absent";
}

/** Sizes and times of the ground truth of an image; `null` without any. */
async function maskState({ dataset }: StageContext, id: string): Promise<string | null> {
  if (!dataset.hasMasks) return null;
  const states = await Promise.all(dataset.maskPaths(id).map(fileState));
  return states.every((state) => state === "absent") ? null : states.join("; ");
}

/** Result files in a folder: by the id that their name begins with, or all of them. */
async function filesFound(folder: string, kind: Stage["kind"]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (!await statIfExists(folder)) return found;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || isBookkeeping(name)) continue;
    const id = kind === "whole" ? WHOLE_STAGE : name.replace(/\.[^.]*$/, "");
    found.set(id, [...found.get(id) ?? [], name]);
  }
  for (const files of found.values()) files.sort();
  return found;
}

/** Tells files that are no results: manifests, reports of shards, locks, logs, checkpoints, temporary files. */
export function isBookkeeping(file: string): boolean {
  return /^(manifest(-\d+of\d+)?\.jsonl|run-\d+of\d+\.json|lock(-\d+of\d+)?|(log|state)\..*|\.[^.].*)$/.test(file);
}

/** Hash of the contents of images; `undefined` for none. */
export async function imagesHash(
  { dataset }: Pick<StageContext, "dataset">,
  ids: readonly string[],
): Promise<string | undefined> {
  if (ids.length === 0) return undefined;
  return hashOf(await mapConcurrently(ids, async (id) => sha256(await Deno.readFile(dataset.imagePath(id)))));
}
