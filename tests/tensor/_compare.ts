/** Compares layers and their gradients with the plain loops of `_reference.ts`. */
import { tf } from "../../lib/tensor/mod.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { read } from "./_read.ts";
import { type Map4, numericGradients, sampleMap } from "./_reference.ts";

/** Values and gradients of the plain loops by name, worked out once for all backends. */
const references = new Map<string, { value: Map4; weights: Map4; gradients: Float64Array[] }>();

/** Checks value and gradients of a layer, whose name is unique; inputs of shape [1, 1, 1, C] are given to it as vectors [C]. */
export async function assertSameLayer(
  layer: (...inputs: tf.Tensor[]) => tf.Tensor,
  { reference, inputs, name }: { reference: (...inputs: Map4[]) => Map4; inputs: Map4[]; name: string },
): Promise<void> {
  let expected = references.get(name);
  if (!expected) {
    const value = reference(...inputs);
    const weights = sampleMap(value.shape, 99);
    expected = { value, weights, gradients: numericGradients(reference, { inputs, weights }) };
    references.set(name, expected);
  }
  const { value, weights, gradients: expectedGradients } = expected;
  let shape: number[] = [];
  const [y, ...gradients] = await read(() => {
    const tensors = inputs.map(({ shape, data }) => {
      const vector = shape[0] * shape[1] * shape[2] === 1;
      return tf.tensor(Float32Array.from(data), vector ? [shape[3]] : [...shape]);
    });
    const upstream = tf.tensor(Float32Array.from(weights.data), [...weights.shape]);
    const y = layer(...tensors);
    shape = y.shape;
    return [y, ...tf.grads(layer)(tensors, upstream)];
  });
  assertEquals(shape, [...value.shape]);
  assertClose(y!, value.data, { absolute: 3e-6, relative: 3e-6, name: `values of ${name}` });
  gradients.forEach((gradient, i) =>
    assertClose(gradient, expectedGradients[i]!, {
      absolute: 2e-5,
      relative: 1e-5,
      name: `gradients of ${name} for input ${i}`,
    })
  );
}
