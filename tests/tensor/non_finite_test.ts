/**
 * A training gone wrong has to be noticed: what is not a number stays that, through every activation. Two libraries
 * make a number of it: oneDNN at the end of TensorFlow's fused convolutions, XNNPACK in depthwise ones on wasm. There
 * it shows in the parameters, which are looked at before they are saved.
 */
import { conv2d, depthwiseConv2d, groupNorm, tf } from "../../lib/tensor/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { onEachBackend } from "./_backends.ts";
import { read } from "./_read.ts";

/** [1, 1, 2, C]: the first pixel is NaN. */
const withNaN = (channels: number) =>
  tf.tensor4d(Float32Array.from({ length: 2 * channels }, (_, i) => i < channels ? NaN : 1), [1, 1, 2, channels]);

const channels = 4;

for (const [activation, fused] of [["relu", false], ["relu", true], ["relu6", true]] as const) {
  onEachBackend(
    `a NaN passes through the ${activation} of convolutions ${fused ? "with" : "without"} a bias`,
    async () => {
      const backend = tf.getBackend();
      if (fused && backend === "tensorflow") return;
      const values = await read(() => {
        const x = withNaN(channels), depthwise = tf.ones<tf.Rank.R4>([1, 1, channels, 1]);
        const options = { activation, ...(fused ? { bias: tf.ones<tf.Rank.R1>([channels]) } : {}) };
        const y = conv2d(x, tf.ones([1, 1, channels, channels]), options);
        return backend === "wasm" ? [y] : [y, depthwiseConv2d(x, depthwise, options)];
      });
      for (const value of values) {
        assertEquals(Array.from(value.subarray(0, channels)), Array(channels).fill(NaN));
        assert(value.subarray(channels).every(Number.isFinite));
      }
    },
  );
}

for (const activation of ["relu", "relu6"] as const) {
  onEachBackend(`a NaN passes through tf.${activation}()`, async () => {
    for (const channels of [4, 3]) { // vectors of four, and single values
      const [value] = await read(() => [tf[activation](withNaN(channels))]);
      assertEquals(Array.from(value!), [...Array(channels).fill(NaN), ...Array(channels).fill(1)]);
    }
  });
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
