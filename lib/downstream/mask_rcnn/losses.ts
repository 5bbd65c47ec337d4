/**
 * The losses of detection, as weighted sums: whoever calls them decides what is sampled and what sums are divided by,
 * by the weights. Values of weight 0 are not looked at.
 * @module
 */
import { tf } from "../../tensor/mod.ts";

/** Targets of values, and weights; both of the size of the values. */
export interface WeightedTargets {
  /** Values that should be reached. */
  readonly targets: Float32Array;
  /** Weight of each in the sum. */
  readonly weights: Float32Array;
}

/**
 * Sums Σ weight · (−t ln p − (1 − t) ln(1 − p)) with p = sigmoid(logit): of objectness and of masks.
 *
 * @param logits Any shape.
 * @param targets Probabilities t and weights.
 * @returns A scalar.
 * @throws RangeError if the sizes differ.
 */
export function binaryCrossEntropy(logits: tf.Tensor, { targets, weights }: WeightedTargets): tf.Scalar {
  return elementwise(logits, { targets, weights }, (x, target) => ({
    loss: tf.relu(x).sub(x.mul(target)).add(x.abs().neg().exp().log1p()), // no overflow
    slope: tf.sigmoid(x).sub(target),
  }));
}

/**
 * Sums Σ weight · (½ d² / β where d < β, else d − ½ β) with d = |value − target|: of boxes.
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
    const difference = x.sub(target), size = difference.abs();
    const inner = size.minimum(beta), outer = size.sub(inner);
    return { loss: inner.square().div(2 * beta).add(outer), slope: difference.div(beta).clipByValue(-1, 1) };
  });
}

/**
 * Sums Σ weight · −ln softmax(logits)[label]: of classes.
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
  const known = weights.map((weight) => weight === 0 ? 0 : 1);
  return withGradient(logits, (values) => {
    const factors = tf.tensor2d(weights, [rows, 1]);
    const x = tf.where(tf.tensor2d(known, [rows, 1], "bool").tile([1, classes]), values, 0);
    const wanted = tf.oneHot(tf.tensor1d(Int32Array.from(labels), "int32"), classes).toFloat();
    const shifted = x.sub(x.max(1, true)), sum = shifted.exp().sum(1, true);
    const loss = sum.log().sub(shifted.mul(wanted).sum(1, true));
    return { loss: loss.mul(factors), slope: shifted.exp().div(sum).sub(wanted).mul(factors) };
  });
}

/** Weighted sum of a loss of single values. */
function elementwise(
  values: tf.Tensor,
  { targets, weights }: WeightedTargets,
  term: (value: tf.Tensor, target: tf.Tensor) => Terms,
): tf.Scalar {
  if (targets.length !== values.size || weights.length !== values.size) {
    throw new RangeError(
      `Expected ${values.size} targets and weights but found ${targets.length} and ${weights.length}`,
    );
  }
  const known = weights.map((weight) => weight === 0 ? 0 : 1);
  return withGradient(values, (values) => {
    const factors = tf.tensor(weights, values.shape);
    const x = tf.where(tf.tensor(known, values.shape, "bool"), values, 0);
    const { loss, slope } = term(x, tf.tensor(targets, values.shape));
    return { loss: loss.mul(factors), slope: slope.mul(factors) };
  });
}

/** Terms of a loss, and the slope of their sum by each value. */
interface Terms {
  readonly loss: tf.Tensor;
  readonly slope: tf.Tensor;
}

/** A sum with a gradient that is computed together with it. */
function withGradient(input: tf.Tensor, compute: (values: tf.Tensor) => Terms): tf.Scalar {
  const sum = tf.customGrad((...inputs) => {
    const [values, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    const { loss, slope } = compute(values);
    save([slope]);
    return { value: loss.sum(), gradFunc: (dy: tf.Tensor, [slope]: tf.Tensor[]) => slope!.mul(dy) };
  });
  return sum(input) as tf.Scalar;
}
