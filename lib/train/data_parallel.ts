import {
  type Answer,
  type Losses,
  type MicroMessage,
  type NamedArrays,
  sizeOf,
  type StartMessage,
  sumsOf,
  viewsOf,
} from "./_messages.ts";
import type { LossModule } from "./loss.ts";

/** Values by name, such as parameters or gradients. */
export type { NamedArrays };

/** Options of {@linkcode startDataParallel}. */
export interface DataParallelOptions<S> extends LossModule<S> {
  /** All parameters of the loss. */
  params: NamedArrays;
  /** Names of the parameters whose gradients are asked for. */
  trainable: readonly string[];
  /** Number of workers. */
  workers: number;
}

/** Workers that compute gradients of one loss. */
export interface DataParallel<M> {
  /**
   * Losses, what they noted of their parts, and gradients of micro-batches, each summed in the order given.
   *
   * @param params Current values of the trainable parameters.
   * @param micro Micro-batches. Their arrays are copied to the workers, except those in shared memory.
   * @throws Error naming the micro-batch whose loss could not be computed.
   */
  gradients(
    params: NamedArrays,
    micro: readonly M[],
  ): Promise<{ loss: number; noted: number[]; gradients: NamedArrays }>;
  /** Ends the workers. */
  close(): void;
}

/**
 * Starts workers that share the work of a training step on the `wasm` backend, which has one thread: each has a
 * backend of its own and takes the next micro-batch when it is free.
 *
 * Results depend on the micro-batches only, not on the number of workers: the gradients of each are computed apart and
 * summed in their order.
 *
 * @throws Error if a worker cannot start.
 * @example
 * ```ts
 * const pool = await startDataParallel({ module, settings: {}, params, trainable, workers: 2 });
 * const { loss, gradients } = await pool.gradients(params, [firstHalf, secondHalf]);
 * pool.close();
 * ```
 */
export async function startDataParallel<M, S>(options: DataParallelOptions<S>): Promise<DataParallel<M>> {
  const { module, settings, params, workers } = options;
  const trainable = options.trainable.map((name) => {
    const found = params[name];
    if (!found) throw new Error(`Expected a parameter ${name} to train but found none`);
    return [name, found.shape] as const;
  });
  const length = trainable.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const values = new SharedArrayBuffer(length * 4);
  const valueViews = viewsOf(values, trainable);
  const slots: SharedArrayBuffer[] = []; // gradients of each micro-batch
  const team = Array.from({ length: workers }, () => new GradientWorker());
  const close = () => team.forEach((worker) => worker.end());
  let step = 0;

  const start: StartMessage = { module: module.href, settings, params, trainable, values };
  try {
    await Promise.all(team.map((worker) => worker.ask(start)));
  } catch (error) {
    close();
    throw error;
  }

  return {
    close,
    async gradients(params, micro) {
      step++;
      for (const [name] of trainable) valueViews[name]!.data.set(params[name]!.data);
      const losses: number[] = [], noted: number[][] = [], sum = new Float32Array(length);
      let next = 0, added = 0;
      const work = async (worker: GradientWorker) => {
        while (next < micro.length) {
          const index = next++;
          const gradients = slots[index] ??= new SharedArrayBuffer(length * 4);
          try {
            const { loss, parts } = await worker.ask({ step, micro: micro[index], gradients });
            [losses[index], noted[index]] = [loss!, parts];
            while (losses[added] !== undefined) addTo(sum, slots[added]!, added++ === 0);
          } catch (error) {
            next = micro.length;
            throw new Error(`Expected a loss of micro-batch ${index} but found: ${(error as Error).message}`);
          }
        }
      };
      const done = await Promise.allSettled(team.map(work));
      for (const result of done) if (result.status === "rejected") throw result.reason;
      return {
        loss: losses.reduce((sum, loss) => Math.fround(sum + loss)),
        noted: sumsOf(noted),
        gradients: viewsOf(sum.buffer, trainable) as NamedArrays,
      };
    },
  };
}

/** Adds floats to others; the first are copied, for 0 + −0 is not −0. */
function addTo(sum: Float32Array, slot: SharedArrayBuffer, isFirst: boolean): void {
  const values = new Float32Array(slot);
  if (isFirst) sum.set(values);
  else for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}

/** A worker that answers one message at a time. */
class GradientWorker {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });

  ask(message: StartMessage | MicroMessage): Promise<Losses> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Answer>) =>
        "error" in data ? reject(new Error(data.error)) : resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage(message);
    });
  }

  end(): void {
    this.#worker.terminate();
  }
}
