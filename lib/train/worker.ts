/** A worker of `startDataParallel()`: gradients of one micro-batch after the other. */
/// <reference lib="webworker" />
import { useBackend } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { type Answer, type Losses, type MicroMessage, type StartMessage, viewsOf } from "./_messages.ts";
import type { CreateLoss, LossFunction } from "./loss.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

let loss: LossFunction<unknown>;
let start: StartMessage;
const params: Record<string, tf.Tensor> = {};
/** Step that the parameters are of. */
let current = 0;

scope.onmessage = async ({ data }: MessageEvent<StartMessage | MicroMessage>) => {
  let answer: Answer;
  try {
    answer = "module" in data ? await begin(data) : compute(data);
  } catch (error) {
    answer = { error: (error as Error).message };
  }
  scope.postMessage(answer);
};

async function begin(message: StartMessage): Promise<Losses> {
  start = message;
  await useBackend("wasm");
  const { createLoss } = await import(message.module) as { createLoss: CreateLoss<unknown, unknown> };
  loss = await createLoss(message.settings);
  for (const [name, { shape, data }] of Object.entries(message.params)) params[name] = tf.tensor(data, shape);
  return { loss: null, parts: [] };
}

function compute({ step, micro, gradients }: MicroMessage): Losses {
  if (step !== current) {
    for (const [name, { shape, data }] of Object.entries(viewsOf(start.values, start.trainable))) {
      params[name]?.dispose();
      params[name] = tf.tensor(data as Float32Array<ArrayBuffer>, shape);
    }
    current = step;
  }
  const tensors = start.trainable.map(([name]) => params[name]!);
  let parts: number[] = [];
  const note = (noted: tf.Tensor1D) => void (parts = [...noted.dataSync()]);
  const { value, grads } = tf.valueAndGrads(() => loss(params, micro, note))(tensors);
  const views = viewsOf(gradients, start.trainable);
  start.trainable.forEach(([name], i) => views[name]!.data.set(grads[i]!.dataSync()));
  const result = value.dataSync()[0]!;
  tf.dispose([value, ...grads]);
  return { loss: result, parts };
}
