import * as tf from "../../lib/tensor/tf.ts";
import type { LossFunction } from "../../lib/train/mod.ts";

/** Points of a line. */
export interface Points {
  readonly x: number[];
  readonly y: number[];
}

/** Share of a batch of `count` points in the mean squared distance from the line, half as steep and high as it says; notes their number and their
 * fraction of the batch. */
export function createLoss({ count }: { count: number }): LossFunction<Points> {
  return (p, { x, y }, note) =>
    tf.tidy(() => {
      const predicted = p["slope"]!.mul(tf.tensor1d(x)).add(p["offset"]!).mul(p["frozen"]!.div(2));
      note?.(tf.tensor1d([x.length, tf.util.sizeFromShape(predicted.shape) / count]));
      return predicted.sub(tf.tensor1d(y)).square().sum().div<tf.Scalar>(count);
    });
}
