import { importWeights } from "../../lib/weights/read_weights.ts";
import type { ParameterSpec } from "../../lib/weights/params.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const specs: ParameterSpec[] = [
  { name: "conv.weight", shape: [2, 1, 1, 1], role: "filter" },
  { name: "norm.weight", shape: [2], role: "scale" },
  { name: "norm.bias", shape: [2], role: "offset" },
];
const rules = { ignored: [/^fc\./, /\.num_batches_tracked$/], aliases: [[/^stage1\.0\./, "conv."]] as const };
const of = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const filter = (...values: number[]) => ({ shape: [values.length, 1, 1, 1], data: Float32Array.from(values) });
const load = (tensors: NamedTensors) => importWeights({ name: "w.safetensors", tensors, metadata: {} }, specs, rules);

Deno.test("importWeights() returns parameters in the network's order and leaves ignored names out", () => {
  const tensors = {
    "norm.bias": of(3, 4),
    "fc.weight": of(9),
    "norm.num_batches_tracked": of(0),
    "stage1.0.weight": filter(5, 6),
    "norm.weight": of(1, 2),
  };
  const params = load(tensors);
  assertEquals(Object.keys(params), ["conv.weight", "norm.weight", "norm.bias"]);
  assertEquals(params["conv.weight"], tensors["stage1.0.weight"]);
});

Deno.test("importWeights() accepts equal copies under other names", () => {
  const tensors = { "conv.weight": filter(5, 6), "norm.weight": of(1, 2), "norm.bias": of(3, 4) };
  assertEquals(load({ ...tensors, "stage1.0.weight": filter(5, 6) }), tensors);
});

Deno.test("importWeights() lists every problem at once", () => {
  const error: Error = assertThrows(() =>
    load({
      "conv.weight": filter(1, 2),
      "stage1.0.weight": filter(1, 3),
      "norm.weight": of(1, NaN),
      "other.weight": of(1),
      "stage1.0.bias": of(1, 1, 1),
    })
  );
  assertEquals(
    error.message,
    "Expected the 3 parameters of the network in w.safetensors but found 5 problems:\n" +
      "  contradictory: stage1.0.weight and conv.weight should be equal\n" +
      "  missing: norm.bias [2]\n" +
      "  not finite: norm.weight has NaN at 1\n" +
      "  unexpected: other.weight [1]\n" +
      "  unexpected: stage1.0.bias [3]",
  );
});

Deno.test("importWeights() names expected and found shape, and does not call the tensor missing, too", () => {
  const error: Error = assertThrows(() =>
    load({ "stage1.0.weight": of(1, 2), "norm.weight": of(1, 2), "norm.bias": of(3, 4) })
  );
  assertEquals(
    error.message,
    "Expected the 3 parameters of the network in w.safetensors but found 1 problem:\n" +
      "  misshapen: stage1.0.weight (conv.weight), expected [2,1,1,1] but found [2]",
  );
});

Deno.test("importWeights() says that weights are of another network where no name fits", () => {
  const message =
    "such as conv.weight, in w.safetensors but found blocks.0.weight: these are weights of another network";
  assertThrows(() => load({ "blocks.0.weight": of(1), "blocks.0.bias": of(1) }), Error, message);
});
