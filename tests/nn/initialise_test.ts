import { initialise } from "../../lib/nn/initialise.ts";
import type { ParameterSpec } from "../../lib/weights/params.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";

const specs: ParameterSpec[] = [
  { name: "a.weight", shape: [64, 8, 3, 3], role: "filter" },
  { name: "a.bias", shape: [64], role: "bias" },
  { name: "n.weight", shape: [4], role: "scale" },
  { name: "n.bias", shape: [4], role: "offset" },
  { name: "n.running_mean", shape: [4], role: "mean" },
  { name: "n.running_var", shape: [4], role: "variance" },
];

Deno.test("initialise() draws filters and biases within one over the root of their inputs", () => {
  const params = initialise(specs, { seed: 0, method: "uniform" });
  for (const name of ["a.weight", "a.bias"]) {
    const largest = Math.max(...params[name]!.data.map(Math.abs));
    assert(largest <= 1 / Math.sqrt(72) && largest > 0.9 / Math.sqrt(72), `${name} ${largest}`);
  }
  assertEquals(params["n.weight"]!.data, Float32Array.of(1, 1, 1, 1));
  assertEquals(params["n.running_mean"]!.data, Float32Array.of(0, 0, 0, 0));
});

Deno.test("initialise() draws He's filters with deviation √(2/inputs), times the gain", () => {
  const params = initialise(specs, { seed: 0, method: "he", gain: () => 0.25 });
  const { data } = params["a.weight"]!;
  const deviation = Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length);
  assertAlmostEquals(deviation, 0.25 * Math.sqrt(2 / 72), 0.002);
  assertEquals(params["a.bias"]!.data, new Float32Array(64));
});

Deno.test("initialise() gives the same values for the same seed only", () => {
  const draw = (seed: number) => initialise(specs, { seed, method: "he" })["a.weight"]!.data;
  assertEquals(draw(1), draw(1));
  assert(draw(1)[0] !== draw(2)[0]);
});
