/** Maps that several workgroups share, against the plain backend; and how the backend treats memory and mistakes. */
import { groupNorm, tf, upsampleBilinear, useBackend } from "../../lib/tensor/mod.ts";
import { runShader } from "../../lib/tensor/webgpu/_run_shader.ts";
import { assert, assertClose, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { noise } from "../noise.ts";
import { backends } from "./_backends.ts";
import { read } from "./_read.ts";

const ignore = !backends.some(({ name, runs }) => name === "webgpu" && runs);

type Shape = [number, number, number, number];
const map = (shape: Shape, seed: number) => tf.tensor4d(noise(shape.reduce((a, b) => a * b), seed), shape);

/** Value and gradients on webgpu, and as they are on the plain backend. */
async function compare(
  layer: (...inputs: tf.Tensor[]) => tf.Tensor,
  { inputs, tolerance }: { inputs: () => tf.Tensor[]; tolerance: number },
): Promise<void> {
  const compute = () => {
    const tensors = inputs(), y = layer(...tensors);
    return [y, ...tf.grads(layer)(tensors, map(y.shape as Shape, 99))];
  };
  await useBackend("webgpu");
  const found = await read(compute);
  await useBackend("cpu");
  const expected = await read(compute);
  found.forEach((values, i) => {
    const greatest = expected[i]!.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    assertClose(values, expected[i]!, { absolute: tolerance * greatest, name: `output ${i}` });
  });
}

for (const [shape, groups] of [[[2, 70, 65, 12], 3], [[1, 31, 128, 96], 2], [[3, 1, 1, 8], 4]] as [Shape, number][]) {
  for (const activation of [undefined, "relu"] as const) {
    Deno.test({
      name: `groupNorm() of [${shape}] in ${groups} groups, ${
        activation ?? "linear"
      }, is that of the plain backend (webgpu)`,
      ignore,
      fn: () =>
        compare(
          (x, scale, offset) =>
            groupNorm(x as tf.Tensor4D, {
              groups,
              scale: scale as tf.Tensor1D,
              offset: offset as tf.Tensor1D,
              ...(activation ? { activation } : {}),
            }),
          {
            inputs: () => [map(shape, 1), tf.tensor1d(noise(shape[3], 2)), tf.tensor1d(noise(shape[3], 3))],
            tolerance: 2e-5,
          },
        ),
    });
  }
}

for (const [shape, size] of [[[2, 33, 40, 5], [132, 157]], [[1, 70, 3, 65], [9, 130]]] as [Shape, [number, number]][]) {
  Deno.test({
    name: `upsampleBilinear() from [${shape}] to ${size.join("×")} is that of the plain backend (webgpu)`,
    ignore,
    fn: () =>
      compare((x) => upsampleBilinear(x as tf.Tensor4D, size), { inputs: () => [map(shape, 1)], tolerance: 1e-6 }),
  });
}

Deno.test({
  name: "the backend lets go of buffers that no tensor wants any more (webgpu)",
  ignore,
  fn: async () => {
    await useBackend("webgpu");
    const bytes = () => (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    const start = bytes();
    // Tensors of sizes that never come again, as those of images.
    for (let i = 0; i < 40; i++) await read(() => [map([1, 100 + i, 100, 10], 1).add(1)]);
    assert(bytes() - start < 25e6, `${bytes() - start} bytes of some 60 million are kept`);
  },
});

Deno.test({
  name: "reading at once is refused with a word on what to do instead (webgpu)",
  ignore,
  fn: async () => {
    await useBackend("webgpu");
    const sum = tf.tidy(() => map([1, 40, 40, 1], 1).add(1));
    assertThrows(() => sum.dataSync(), Error, "await tensor.data()");
    assertEquals((await sum.data()).length, 1600);
    sum.dispose();
  },
});

// The last test: after a mistake the backend trusts nothing that it has computed.
Deno.test({
  name: "what goes wrong on the device is an error where results are read (webgpu)",
  ignore,
  fn: async () => {
    await useBackend("webgpu");
    const [result] = runShader({
      key: "a program with a mistake",
      code: () => "@compute @workgroup_size(1) fn main() { nothing(); }",
      inputs: {},
      outputs: { y: [1] },
      workgroups: [1],
    });
    await assertRejects(() => result!.data(), Error, "Expected the GPU to do its work but found: Shader");
    result!.dispose();
  },
});
