import { conv2d, depthwiseConv2d, dilated, tf } from "../../lib/tensor/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { onEachBackend } from "./_backends.ts";
import { assertSameLayer } from "./_compare.ts";
import { convolve, type Map4, sampleMap } from "./_reference.ts";

/** The filter with `dilation − 1` zeros between its taps. */
function spread({ shape: [height, width, channels, depth], data }: Map4, dilation: number): Map4 {
  const rows = (height - 1) * dilation + 1, columns = (width - 1) * dilation + 1, size = channels * depth;
  const wide = new Float64Array(rows * columns * size);
  for (let i = 0; i < height * width; i++) {
    const place = Math.floor(i / width) * dilation * columns + (i % width) * dilation;
    wide.set(data.subarray(i * size, (i + 1) * size), place * size);
  }
  return { shape: [rows, columns, channels, depth], data: wide };
}

for (const dilation of [2, 3, 6]) {
  const padding = [dilation, dilation, dilation, dilation] as const;

  onEachBackend(
    `dilated() by ${dilation} and its gradients are those of a filter with zeros between its taps`,
    async () => {
      await assertSameLayer(
        (x, filter) =>
          dilated(x as tf.Tensor4D, dilation, (part) => conv2d(part, filter as tf.Tensor4D, { padding: 1 })),
        {
          reference: (x, filter) => convolve(x!, spread(filter!, dilation), { stride: 1, padding }),
          inputs: [sampleMap([2, 7, 5, 3], 1), sampleMap([3, 3, 3, 4], 2)],
          name: `convolution dilated by ${dilation}`,
        },
      );
    },
  );
}

onEachBackend("dilated() takes depthwise filters", async () => {
  await assertSameLayer(
    (x, filter) => dilated(x as tf.Tensor4D, 2, (part) => depthwiseConv2d(part, filter as tf.Tensor4D, { padding: 1 })),
    {
      reference: (x, filter) => convolve(x!, spread(filter!, 2), { stride: 1, padding: [2, 2, 2, 2], depthwise: true }),
      inputs: [sampleMap([1, 6, 5, 3], 3), sampleMap([3, 3, 3, 1], 4)],
      name: "depthwise convolution dilated by 2",
    },
  );
});

Deno.test("dilated() rejects a broken dilation and a layer that changes the size", () => {
  tf.tidy(() => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 1]);
    const halve = (part: tf.Tensor4D) => part.slice<tf.Tensor4D>([0, 0, 0, 0], [-1, 1, -1, -1]);
    assertThrows(() => dilated(x, 0.5, (part) => part), RangeError, "Expected a dilation of 1, 2, 3 … but found 0.5");
    assertThrows(() => dilated(x, 2, halve), RangeError, "Expected a layer that keeps 2×2 but found 1×2");
    assertEquals(dilated(x, 1, (part) => part), x);
  });
});
