import { conv2d, type Conv2dOptions, depthwiseConv2d, tf } from "../../lib/tensor/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { onEachBackend } from "./_backends.ts";
import { assertSameLayer } from "./_compare.ts";
import { read } from "./_read.ts";
import { convolve, type Map4, mapValues, sampleMap } from "./_reference.ts";

type Padding = NonNullable<Conv2dOptions["padding"]>;

/** Filter side, stride, the padding asked for and what it must amount to on a map of 7 × 10. */
const windows: [size: number, stride: number, padding: Padding, sides: [number, number, number, number]][] = [
  [1, 1, "valid", [0, 0, 0, 0]],
  [1, 2, 0, [0, 0, 0, 0]],
  [3, 1, 1, [1, 1, 1, 1]],
  [3, 1, "same", [1, 1, 1, 1]],
  [3, 2, 1, [1, 1, 1, 1]],
  [3, 2, "same", [1, 1, 0, 1]],
  [3, 2, "valid", [0, 0, 0, 0]],
  [5, 2, [[1, 2], [3, 0]], [1, 2, 3, 0]],
  [5, 1, "same", [2, 2, 2, 2]],
];

const activations: Record<string, (value: number) => number> = {
  none: (value) => value,
  relu: (value) => Math.max(value, 0),
  relu6: (value) => Math.min(Math.max(value, 0), 6),
};

for (const [size, stride, padding, sides] of windows) {
  const name = `${size}×${size} filters, stride ${stride}, padding ${JSON.stringify(padding)}`;

  onEachBackend(`conv2d() and its gradients are those of plain loops: ${name}`, async () => {
    await assertSameLayer((x, filter) => conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, { stride, padding }), {
      reference: (x, filter) => convolve(x, filter, { stride, padding: sides }),
      inputs: [sampleMap([2, 7, 10, 3], 1), sampleMap([size, size, 3, 5], 2)],
      name: `conv2d of ${name}`,
    });
  });

  onEachBackend(`depthwiseConv2d() and its gradients are those of plain loops: ${name}`, async () => {
    await assertSameLayer(
      (x, filter) => depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, { stride, padding }),
      {
        reference: (x, filter) => convolve(x, filter, { stride, padding: sides, depthwise: true }),
        inputs: [sampleMap([2, 7, 10, 5], 3), sampleMap([size, size, 5, 1], 4)],
        name: `depthwiseConv2d of ${name}`,
      },
    );
  });
}

for (const activation of ["none", "relu", "relu6"] as const) {
  const option = activation === "none" ? {} : { activation };
  // Scaled so that relu6 is reached on both sides.
  const finish = (y: Map4, bias: Map4, addend?: Map4) =>
    mapValues(
      y,
      (value, i) => activations[activation]!(value + bias.data[i % bias.data.length]! + (addend?.data[i] ?? 0)),
    );
  const wide = (map: Map4, factor: number) => mapValues(map, (value) => factor * value);

  onEachBackend(`conv2d() differentiates bias, addend and activation: ${activation}`, async () => {
    const window = { stride: 2, padding: 1 };
    const sides = { stride: 2, padding: [1, 1, 1, 1] as const };
    const x = wide(sampleMap([2, 7, 9, 5], 5), 3),
      filter = sampleMap([3, 3, 5, 6], 6),
      bias = sampleMap([1, 1, 1, 6], 7);
    await assertSameLayer(
      (x, filter, bias, addend) =>
        conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, {
          ...window,
          ...option,
          bias: bias as tf.Tensor1D,
          addend: addend as tf.Tensor4D,
        }),
      {
        reference: (x, filter, bias, addend) => finish(convolve(x, filter, sides), bias!, addend),
        inputs: [x, filter, bias, sampleMap([2, 4, 5, 6], 8)],
        name: `conv2d with addend, ${activation}`,
      },
    );
    await assertSameLayer(
      (x, filter, bias) =>
        conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, { ...window, ...option, bias: bias as tf.Tensor1D }),
      {
        reference: (x, filter, bias) => finish(convolve(x, filter, sides), bias!),
        inputs: [x, filter, bias],
        name: `conv2d, ${activation}`,
      },
    );
  });

  onEachBackend(`depthwiseConv2d() differentiates bias and activation: ${activation}`, async () => {
    await assertSameLayer(
      (x, filter, bias) =>
        depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, {
          stride: 2,
          padding: "same",
          ...option,
          bias: bias as tf.Tensor1D,
        }),
      {
        reference: (x, filter, bias) =>
          finish(convolve(x, filter, { stride: 2, padding: [0, 1, 0, 1], depthwise: true }), bias!),
        inputs: [wide(sampleMap([2, 6, 8, 5], 9), 5), sampleMap([3, 3, 5, 1], 10), sampleMap([1, 1, 1, 5], 11)],
        name: `depthwiseConv2d, ${activation}`,
      },
    );
  });
}

const thick = [sampleMap([1, 6, 5, 512], 12), sampleMap([3, 3, 512, 512], 13), sampleMap([1, 1, 1, 512], 14)] as const;
let thickResult: Float64Array | undefined;

onEachBackend("conv2d() of a single image with many channels is that of plain loops", async () => {
  const [x, filter, bias] = thick;
  thickResult ??= convolve(x, filter, { stride: 1, padding: [1, 1, 1, 1] }).data
    .map((value, i) => Math.max(value + bias.data[i % 512]!, 0));
  const [y] = await read(() => [
    conv2d(
      tf.tensor4d(Float32Array.from(x.data), [...x.shape]),
      tf.tensor4d(Float32Array.from(filter.data), [...filter.shape]),
      {
        padding: 1,
        bias: tf.tensor1d(Float32Array.from(bias.data)),
        activation: "relu",
      },
    ),
  ]);
  assertClose(y!, thickResult, { absolute: 1e-4, relative: 1e-5, name: "values" });
});

onEachBackend("conv2d() leaves an upstream gradient that the caller owns alive", () => {
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 1]), filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]), dy = tf.ones([1, 2, 2, 1]);
  const dx = tf.grad((x) => conv2d(x as tf.Tensor4D, filter))(x, dy);
  assert(!dy.isDisposed);
  tf.dispose([x, filter, dy, dx]);
});

onEachBackend(
  "conv2d() has right gradients where its result is used twice and its input is another's result",
  async () => {
    const [gradient] = await read(() => {
      const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), filter = tf.tensor4d([2], [1, 1, 1, 1]);
      const loss = (x: tf.Tensor) => {
        const once = conv2d(x as tf.Tensor4D, filter, { activation: "relu" }); // 2x
        const twice = conv2d(once, filter, { addend: once }); // 6x
        return twice.mul(once).sum(); // 12x²
      };
      return [tf.grad(loss)(x)];
    });
    assertEquals([...gradient!], [24, 48, 72, 96]);
  },
);

Deno.test("conv2d() names what does not fit", () => {
  tf.tidy(() => {
    const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 3]);
    assertThrows(
      () => conv2d(x, tf.zeros<tf.Rank.R4>([3, 3, 2, 5])),
      RangeError,
      "3 input channels but found shape [3,3,2,5]",
    );
    assertThrows(() => conv2d(x, tf.zeros<tf.Rank.R4>([7, 7, 3, 5]), { padding: 1 }), RangeError, "at least 7×7");
    assertThrows(() => depthwiseConv2d(x, tf.zeros<tf.Rank.R4>([3, 3, 3, 2])), RangeError, "[h, w, C, 1]");
  });
});
