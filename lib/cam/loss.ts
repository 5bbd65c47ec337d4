import * as tf from "../tensor/tf.ts";

/**
 * Multi-label soft margin loss: the mean over classes of −[y·log σ(x) + (1 − y)·log σ(−x)], summed over images
 * (paper: Class Attention Maps). Divided by the size of the batch it is the batch's loss, whatever its micro-batches.
 *
 * @param logits Logits, [B, classes].
 * @param labels 1 where a class is in the image, else 0, [B, classes].
 * @returns A scalar.
 */
export function multilabelSoftMargin(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    // −y·log σ(x) − (1 − y)·log σ(−x) = softplus(x) − y·x
    return logits.softplus().sub(labels.mul(logits)).sum().div<tf.Scalar>(logits.shape[1]);
  });
}
