/** Loss and gradients of a batch: computed in this thread, or shared among Workers. */
import * as tf from "../tensor/tf.ts";
import type { Params } from "../weights/params.ts";
import { sumsOf } from "./_messages.ts";
import { type DataParallel, type NamedArrays, startDataParallel } from "./data_parallel.ts";
import type { GradientOptions } from "./loss.ts";

/** Loss of a batch, its parts by name if it has any, and gradients. */
export interface BatchGradients {
  readonly loss: number;
  readonly parts?: Readonly<Record<string, number>>;
  readonly gradients: Params;
}

/** Computes loss and gradients of batches. */
export interface GradientSource<M> {
  /** Those of a batch, summed over its micro-batches in their order. The gradients are the caller's to dispose. */
  of(micro: readonly M[]): Promise<BatchGradients>;
  /** Ends what computes them. */
  close(): void;
}

/** Workers where the backend has one thread and a batch more than one part; else, or if they do not start, this thread. */
export async function openGradients<M>(options: GradientOptions<M>, batch: readonly M[]): Promise<GradientSource<M>> {
  const { lossInWorkers, workers = 1 } = options;
  const count = Math.min(workers, batch.length);
  if (lossInWorkers && count > 1 && tf.getBackend() === "wasm") {
    try {
      const { params, frozen = {}, trainable } = options;
      const all = arraysOf({ ...params, ...frozen });
      return inWorkers(options, await startDataParallel({ ...lossInWorkers, params: all, trainable, workers: count }));
    } catch (error) {
      console.warn(`Training uses one core, since Workers do not start: ${(error as Error).message}`);
    }
  }
  return { of: (micro) => inThisThread(micro, options), close: () => {} };
}

function inWorkers<M>({ params, trainable, parts }: GradientOptions<M>, team: DataParallel<M>): GradientSource<M> {
  return {
    async of(micro) {
      const current = arraysOf(Object.fromEntries(trainable.map((name) => [name, params[name]!])));
      const { loss, noted, gradients } = await team.gradients(current, micro);
      const tensors = Object.entries(gradients).map(([name, { shape, data }]) => [name, tf.tensor(data, shape)]);
      return { loss, ...named(parts, noted), gradients: Object.fromEntries(tensors) };
    },
    close: () => team.close(),
  };
}

/** Copies of tensors, at once: Workers should begin before this thread makes the next batch. */
function arraysOf(params: Params): NamedArrays {
  return Object.fromEntries(
    Object.entries(params).map(([name, tensor]) => [name, { shape: tensor.shape, data: tensor.dataSync<"float32">() }]),
  );
}

async function inThisThread<M>(
  micro: readonly M[],
  { params, frozen = {}, trainable, loss, parts, prepare }: GradientOptions<M>,
): Promise<BatchGradients> {
  const tensors = trainable.map((name) => {
    const tensor = params[name];
    if (!tensor) throw new Error(`Expected a parameter ${name} to train but found none`);
    return tensor;
  });
  const all = { ...params, ...frozen };
  let total: LossAndGradients | null = null;
  const noted: tf.Tensor[] = [], note = (parts: tf.Tensor1D) => void noted.push(tf.keep(parts));
  for (const part of micro) {
    const whole = prepare ? await prepare(all, part) : part;
    total = addedTo(total, tf.valueAndGrads(() => loss(all, whole, note))(tensors));
  }
  if (!total) throw new RangeError("Expected at least one micro-batch but found none");
  const [value, ...values] = await Promise.all([total.value, ...noted].map((tensor) => tensor.data<"float32">()));
  tf.dispose([total.value, ...noted]);
  const { grads } = total;
  return {
    loss: value![0]!,
    ...named(parts, sumsOf(values)),
    gradients: Object.fromEntries(trainable.map((name, i) => [name, grads[i]!])),
  };
}

/** Parts of a loss by their names; nothing where it has none. */
function named(names: readonly string[] | undefined, values: readonly number[]): Pick<BatchGradients, "parts"> {
  return names && values.length > 0 ? { parts: Object.fromEntries(names.map((name, i) => [name, values[i]!])) } : {};
}

interface LossAndGradients {
  readonly value: tf.Tensor;
  readonly grads: tf.Tensor[];
}

/** Sum of two micro-batches, whose tensors it disposes. */
function addedTo(sum: LossAndGradients | null, more: LossAndGradients): LossAndGradients {
  if (!sum) return more;
  const added = { value: sum.value.add(more.value), grads: sum.grads.map((g, i) => g.add(more.grads[i]!)) };
  tf.dispose([sum.value, ...sum.grads, more.value, ...more.grads]);
  return added;
}
