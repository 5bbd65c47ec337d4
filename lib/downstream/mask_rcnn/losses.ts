/**
 * The losses of detection, as weighted sums: whoever calls them decides what is sampled and what sums are divided by,
 * by the weights. Values of weight 0 are not looked at.
 *
 * They read their inputs at once, so they need a backend that can (`tensorflow`, `wasm`, `cpu`).
 * @module
 */
import { tf } from "../../tensor/mod.ts";

/** What values should be, and how much each counts; both of the size of the values. */
export interface WeightedTargets {
  /** What the values should be. */
  readonly targets: Float32Array;
  /** How much each counts. */
  readonly weights: Float32Array;
}

/**
 * Σ weight · (−t ln p − (1 − t) ln(1 − p)) with p = sigmoid(logit): of objectness and of masks.
 *
 * @param logits Any shape.
 * @param targets Probabilities t and weights.
 * @returns A scalar.
 * @throws RangeError if the sizes differ.
 */
export function binaryCrossEntropy(logits: tf.Tensor, { targets, weights }: WeightedTargets): tf.Scalar {
  return elementwise(logits, { targets, weights }, (x, target) => ({
    loss: Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x))), // no overflow
    slope: 1 / (1 + Math.exp(-x)) - target,
  }));
}

/**
 * Σ weight · (½ d² / β where d < β, else d − ½ β) with d = |value − target|: of boxes.
 *
 * @param values Any shape.
 * @param options Targets, weights and β, the difference where the loss becomes linear.
 * @returns A scalar.
 * @throws RangeError if the sizes differ.
 */
export function smoothL1(
  values: tf.Tensor,
  { targets, weights, beta }: WeightedTargets & { readonly beta: number },
): tf.Scalar {
  return elementwise(values, { targets, weights }, (x, target) => {
    const difference = x - target, size = Math.abs(difference);
    return size < beta
      ? { loss: difference * difference / beta / 2, slope: difference / beta }
      : { loss: size - beta / 2, slope: Math.sign(difference) };
  });
}

/**
 * Σ weight · −ln softmax(logits)[label]: of classes.
 *
 * @param logits [R, classes].
 * @param options Class and weight of each row.
 * @returns A scalar.
 * @throws RangeError if there is another number of rows, or a label is no class.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  { labels, weights }: { readonly labels: ArrayLike<number>; readonly weights: Float32Array },
): tf.Scalar {
  const [rows, classes] = logits.shape;
  if (labels.length !== rows || weights.length !== rows) {
    throw new RangeError(`Expected ${rows} labels and weights but found ${labels.length} and ${weights.length}`);
  }
  for (let r = 0; r < rows; r++) {
    if (!(labels[r]! >= 0 && labels[r]! < classes)) {
      throw new RangeError(`Expected labels from 0 to ${classes - 1} but found ${labels[r]}`);
    }
  }
  return withGradient(logits, (values, gradient) => {
    let loss = 0;
    for (let r = 0; r < rows; r++) {
      if (weights[r] === 0) continue;
      const row = values.subarray(r * classes, (r + 1) * classes);
      const highest = row.reduce((a, b) => Math.max(a, b));
      const sum = row.reduce((total, x) => total + Math.exp(x - highest), 0);
      loss += weights[r]! * (Math.log(sum) + highest - row[labels[r]!]!);
      row.forEach((x, c) => {
        gradient[r * classes + c] = weights[r]! * (Math.exp(x - highest) / sum - (c === labels[r] ? 1 : 0));
      });
    }
    return loss;
  });
}

/** Weighted sum of a loss of single values. */
function elementwise(
  values: tf.Tensor,
  { targets, weights }: WeightedTargets,
  term: (value: number, target: number) => { loss: number; slope: number },
): tf.Scalar {
  if (targets.length !== values.size || weights.length !== values.size) {
    throw new RangeError(
      `Expected ${values.size} targets and weights but found ${targets.length} and ${weights.length}`,
    );
  }
  return withGradient(values, (numbers, gradient) => {
    let sum = 0;
    for (let i = 0; i < numbers.length; i++) {
      if (weights[i] === 0) continue;
      const { loss, slope } = term(numbers[i]!, targets[i]!);
      sum += weights[i]! * loss;
      gradient[i] = weights[i]! * slope;
    }
    return sum;
  });
}

/** A scalar computed from typed arrays together with its gradient, which `compute` fills in. */
function withGradient(
  input: tf.Tensor,
  compute: (values: Float32Array, gradient: Float32Array) => number,
): tf.Scalar {
  const loss = tf.customGrad((x) => {
    const values = (x as tf.Tensor).dataSync<"float32">(), gradient = new Float32Array(values.length);
    const value = tf.scalar(compute(values, gradient));
    return { value, gradFunc: (dy: tf.Tensor) => tf.tensor(gradient, input.shape).mul(dy) };
  });
  return loss(input) as tf.Scalar;
}
