/**
 * A training gone wrong has to be noticed: what is not a number stays that, through every activation. Only oneDNN's,
 * at the end of TensorFlow's fused convolutions, make 0 of it; there, what is left of it shows in the parameters, which
 * checkpoints look at.
 */
import { conv2d, depthwiseConv2d, groupNorm, tf } from "../../lib/tensor/mod.ts";
import { assertEquals } from "../assert.ts";
import { onEachBackend } from "./_backends.ts";
import { read } from "./_read.ts";

const activations = ["relu", "relu6"] as const;

/** [1, 1, 2, C]: the first pixel is NaN. */
const withNaN = (channels: number) =>
  tf.tensor4d(Float32Array.from({ length: 2 * channels }, (_, i) => i < channels ? NaN : 1), [1, 1, 2, channels]);

for (const channels of [4, 3]) {
  for (const activation of activations) {
    onEachBackend(`a NaN passes through a convolution's ${activation}, of ${channels} channels`, async () => {
      const values = await read(() => {
        const fuses = tf.getBackend() === "tensorflow";
        const x = withNaN(channels), filter = tf.ones<tf.Rank.R4>([1, 1, channels, channels]);
        const depthwise = tf.ones<tf.Rank.R4>([1, 1, channels, 1]);
        const bias = tf.ones<tf.Rank.R1>([channels]), addend = tf.ones<tf.Rank.R4>(x.shape);
        const bare = [conv2d(x, filter, { activation }), depthwiseConv2d(x, depthwise, { activation })];
        if (fuses) return bare;
        return [
          ...bare,
          conv2d(x, filter, { bias, activation }),
          conv2d(x, filter, { bias, addend, activation }),
          depthwiseConv2d(x, depthwise, { bias, activation }),
        ];
      });
      values.forEach((value, i) => {
        assertEquals(Array.from(value.subarray(0, channels)), Array(channels).fill(NaN), `${i}`);
        assertEquals(value.subarray(channels).every(Number.isFinite), true, `${i}`);
      });
    });

    onEachBackend(`a NaN passes through tf.${activation}(), of ${channels} channels`, async () => {
      const [value] = await read(() => [tf[activation](withNaN(channels))]);
      assertEquals(Array.from(value!), [...Array(channels).fill(NaN), ...Array(channels).fill(1)]);
    });
  }
}

onEachBackend("a NaN passes through the ReLU of a group norm", async () => {
  const [value] = await read(() => [
    groupNorm(withNaN(4), {
      groups: 2,
      scale: tf.ones([4]),
      offset: tf.ones([4]),
      activation: "relu",
    }),
  ]);
  assertEquals(Array.from(value!), Array(8).fill(NaN));
});
