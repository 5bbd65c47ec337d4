import { tf } from "../../tensor/mod.ts";

const VOID = 255;

/**
 * Cross entropy of the labelled pixels, divided by the number of labelled pixels of the whole batch.
 *
 * @param logits [B, H, W, labels].
 * @param options `labels`: [B, H, W] class ids, 255 is left out; `count`: labelled pixels of the whole batch, of which
 * the images may be a part.
 * @returns A scalar. Losses of parts of a batch add up to that of the batch.
 * @throws RangeError if the labels do not fit, or one of them is neither a class nor 255.
 */
export function segmentationLoss(
  logits: tf.Tensor4D,
  { labels, count }: { readonly labels: Uint8Array; readonly count: number },
): tf.Scalar {
  const classes = logits.shape[3], pixels = logits.size / classes;
  if (labels.length !== pixels) throw new RangeError(`Expected ${pixels} labels but found ${labels.length}`);
  const wrong = labels.find((label) => label >= classes && label !== VOID);
  if (wrong !== undefined) {
    throw new RangeError(`Expected labels from 0 to ${classes - 1}, or 255, but found ${wrong}`);
  }
  return tf.tidy(() => {
    const targets = new Float32Array(pixels * classes); // all zero where void
    const share = 1 / Math.max(1, count);
    labels.forEach((label, i) => {
      if (label !== VOID) targets[i * classes + label] = share;
    });
    return crossEntropy(logits.reshape([pixels, classes]), tf.tensor2d(targets, [pixels, classes]));
  });
}

/** −Σ target · log softmax, with the gradient softmax · Σ target − target. */
function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const loss = tf.customGrad((x, t, save) => {
    const [scores, wanted, keep] = [x as tf.Tensor2D, t as tf.Tensor2D, save as tf.GradSaveFunc];
    const value = tf.tidy(() => {
      const shifted = scores.sub(scores.max(1, true));
      const logSum = shifted.exp().sum(1, true).log();
      return wanted.mul(logSum.sub(shifted)).sum() as tf.Scalar;
    });
    keep([scores, wanted]);
    return {
      value,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [scores, wanted] = saved as [tf.Tensor2D, tf.Tensor2D];
        const gradient = tf.softmax(scores).mul(wanted.sum(1, true)).sub(wanted).mul(dy);
        return [gradient, tf.zerosLike(wanted)];
      },
    };
  });
  return loss(logits, targets) as tf.Scalar;
}
