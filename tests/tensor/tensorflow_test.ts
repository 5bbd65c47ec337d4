import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { attribute, dataType, execute } from "../../lib/tensor/tensorflow/_execute.ts";
import { createOutputTypes, describe, operationKey } from "../../lib/tensor/tensorflow/_operations.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "../assert.ts";
import { backends } from "./_backends.ts";

const FLOAT = 1, INT = 3;

function onTensorflow(promise: string, check: () => void): void {
  Deno.test({
    name: promise,
    ignore: !backends.some(({ name, runs }) => name === "tensorflow" && runs),
    async fn() {
      await useBackend("tensorflow");
      tf.tidy(check);
    },
  });
}

Deno.test("operationKey() tells apart what gives outputs of other types", () => {
  const int = (...values: number[]) => describe({ shape: [values.length], dtype: INT }, INT, values);
  const float = (...shape: number[]) => describe({ shape, dtype: FLOAT }, INT);
  const transposed = (value: boolean) => [{ name: "transpose_a", type: 3, value }];
  const keys = [
    operationKey("Slice", [], [float(4, 4), int(0, 0), int(2, 2)]),
    operationKey("Slice", [], [float(4, 4), int(0, 0), int(2, 3)]),
    operationKey("Slice", [], [float(4, 5), int(0, 0), int(2, 2)]),
    operationKey("Slice", [], [float(4), int(0, 0), int(2, 2)]),
    operationKey("MatMul", transposed(false), [float(4, 4), float(4, 5)]),
    operationKey("MatMul", transposed(true), [float(4, 4), float(4, 5)]),
    operationKey("MatMul", transposed(true), [float(4, 44), float(5)]),
    operationKey("Add", [], [float(2), float(2)]),
    operationKey("Add", [], [float(2), describe({ shape: [2], dtype: 14 }, INT)]),
  ];
  assertEquals(keys.includes(null), false);
  assertEquals(new Set(keys).size, keys.length);
});

Deno.test("operationKey() is null where shapes depend on values that are not known", () => {
  const float = describe({ shape: [4], dtype: FLOAT }, INT);
  assertEquals(operationKey("Where", [], [float]), null);
  assertEquals(operationKey("Range", [], [float]), null);
  assertEquals(operationKey("Reshape", [], [float, describe({ shape: [2], dtype: INT }, INT)]), null);
  const long = Array.from({ length: 100 }, (_, i) => i);
  assertEquals(operationKey("Reshape", [], [float, describe({ shape: [100], dtype: INT }, INT, long)]), null);
});

Deno.test("createOutputTypes() forgets before it grows without end", () => {
  const types = createOutputTypes(), output = [{ shape: [1], dtype: FLOAT }];
  for (let i = 0; i < 25_000; i++) types.set(`Add|${i}`, output);
  assertEquals(types.get("Add|0"), undefined);
  assertEquals(types.get("Add|24999"), output);
});

onTensorflow("operations in the background have the shapes and values that those waited for have", () => {
  const x = tf.range(0, 24).reshape([4, 6]);
  for (let round = 0; round < 3; round++) {
    assertEquals(x.slice([1, 2], [2, 3]).arraySync(), [[8, 9, 10], [14, 15, 16]]);
    assertEquals(x.slice([0, 4], [1, 2]).arraySync(), [[4, 5]]);
    assertEquals(x.reshape([2, 12]).shape, [2, 12]);
    assertEquals(x.reshape([3, -1]).shape, [3, 8]);
    assertEquals(x.pad([[1, 0], [0, 2]]).shape, [5, 8]);
    assertEquals(x.pad([[0, 0], [3, 2]]).shape, [4, 11]);
    assertEquals(x.sum(0).shape, [6]);
    assertEquals(x.sum(1).arraySync(), [15, 51, 87, 123]);
    assertEquals(x.matMul(x, false, true).shape, [4, 4]);
    assertEquals(x.matMul(x, true, false).shape, [6, 6]);
    assertEquals(tf.split(x, 3, 1).map(({ shape }) => shape), [[4, 2], [4, 2], [4, 2]]);
    assertEquals(tf.concat([x, x.slice([0, 0], [1, 6])], 0).shape, [5, 6]);
  }
});

onTensorflow("a long chain of operations in the background ends in the right numbers", () => {
  const turn = tf.tensor2d([[0, 1], [-1, 0]]);
  let point: tf.Tensor = tf.tensor2d([[3, 5]]);
  for (let i = 0; i < 1001; i++) point = tf.matMul(point, turn);
  assertEquals(point.arraySync(), [[-5, 3]]);
});

onTensorflow("gradients are the same each time", () => {
  const x = tf.randomNormal<tf.Rank.R4>([1, 9, 9, 8], 0, 1, "float32", 1);
  const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 8, 8], 0, 1, "float32", 2);
  const step = () => tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, 1, "same").square().mean())(filter);
  const first = step().dataSync();
  for (let i = 0; i < 3; i++) step().dataSync().forEach((value, j) => assertAlmostEquals(value, first[j]!, 1e-6));
});

onTensorflow("after an operation that failed others run", () => {
  const a = tf.ones([2, 3]), type = { T: attribute.dataType(dataType.float) };
  for (let i = 0; i < 2; i++) {
    assertThrows(() => execute("MatMul", [a, a], type), Error, "MatMul");
    assertEquals(a.add(a).sum().dataSync()[0], 12);
  }
});
