import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";
import type { Artifact, ImageProcessor } from "./stage.ts";
import type { WorkerReply, WorkerRequest, WorkerTask } from "./worker.ts";

/** Number of Workers that the configuration asks for: one a core unless it says another. */
export function workersOf({ compute }: Pick<Config, "compute">): number {
  return compute.workers || availableParallelism();
}

/**
 * Starts Workers that open a stage.
 *
 * @param count Number of Workers.
 * @param options What they open, and a signal that ends them, whatever they are at.
 * @returns A processor for each Worker.
 * @throws Error if the stage cannot be opened.
 */
export async function openWorkers(
  count: number,
  { signal, ...task }: WorkerTask & { readonly signal: AbortSignal },
): Promise<WorkerProcessor[]> {
  const workers = Array.from({ length: count }, () => new WorkerProcessor(signal));
  try {
    await Promise.all(workers.map((worker) => worker.open(task)));
  } catch (error) {
    for (const worker of workers) worker.close();
    throw error;
  }
  return workers;
}

interface Waiting {
  resolve(artifact: Artifact): void;
  reject(error: unknown): void;
}

/** A stage opened in a Worker. */
class WorkerProcessor implements ImageProcessor {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<string | null, Waiting>(); // `null`: for the stage to open
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#end(this.#signal.reason);

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(data.error);
      else waiting?.resolve(data.artifact);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(event.message));
    };
  }

  async open(open: WorkerTask): Promise<void> {
    await this.#ask(null, { open });
  }

  process(id: string): Promise<Artifact> {
    return this.#ask(id, { id });
  }

  close(): void {
    this.#end(new Error("Expected no more images after the end"));
  }

  #ask(id: string | null, request: WorkerRequest): Promise<Artifact> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #end(reason: unknown): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
