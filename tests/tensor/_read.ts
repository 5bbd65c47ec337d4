import { tf } from "../../lib/tensor/mod.ts";

/** Values of the tensors that a function returns, read as every backend can; none of its tensors is left. */
export async function read(compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  const tensors = tf.tidy(compute);
  const values = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
  tf.dispose(tensors);
  return values;
}
