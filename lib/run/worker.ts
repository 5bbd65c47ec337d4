/**
 * Runs in a Worker: opens one stage, then processes the images it is told.
 * @module
 */
import type { Config } from "../config/config.ts";
import type { Artifact, ImageProcessor } from "./stage.ts";
import { loadStages, restrictDataset, type Restriction } from "./session.ts";
import { Store } from "./store.ts";

/** The stage that a worker opens. */
export interface WorkerTask extends Restriction {
  /** Address of the module with the stages, see `StageModule`. */
  readonly module: string;
  /** Name of the stage, one that maps over images. */
  readonly stage: string;
  /** The configuration. */
  readonly config: Config;
  /** The working directory. */
  readonly workdir: string;
}

/** Requests to a Worker: first what to open, then one image at a time. */
export type WorkerRequest =
  | { readonly open: WorkerTask }
  | { readonly id: string };

/** Its answer to each. */
export type WorkerReply = { id: string | null; artifact: Artifact } | { id: string | null; error: unknown };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerRequest>) => void;
  postMessage(reply: WorkerReply, transfer?: ArrayBuffer[]): void;
};

let processor: ImageProcessor | undefined;
let done = 0;
const { gc } = globalThis as { gc?: () => void }; // there with --v8-flags=--expose-gc, when memory is measured

scope.onmessage = async ({ data }) => {
  const id = "id" in data ? data.id : null;
  try {
    if ("open" in data) {
      processor = await open(data.open);
      return scope.postMessage({ id, artifact: {} });
    }
    const artifact = await processor!.process(data.id);
    const owned = Object.fromEntries(Object.entries(artifact).map(([file, bytes]) => [file, ownBuffer(bytes)]));
    scope.postMessage({ id, artifact: owned }, Object.values(owned).map((bytes) => bytes.buffer));
    if (++done % 50 === 0) gc?.(); // the main thread cannot collect a Worker's garbage
  } catch (error) {
    scope.postMessage({ id, error });
  }
};

async function open({ module, stage: name, config, workdir, limit, without }: WorkerTask): Promise<ImageProcessor> {
  const { stages, openDataset, prepare } = await loadStages(module);
  const stage = stages.find((stage) => stage.name === name);
  if (stage?.kind !== "image") throw new Error(`Expected ${name} to be a stage that maps over images in ${module}`);
  if (stage.runs === "main") await prepare?.(config.compute);
  return await stage.open({
    config,
    dataset: restrictDataset(await openDataset(config.data), { limit, without }),
    files: new Store(workdir),
    signal: new AbortController().signal, // on interrupt, workers are terminated
    progress: () => {},
  });
}

/** The bytes in a buffer of their own, which can move to the main thread. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  return whole ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
}
