import { lossChart, precisionChart, thresholdChart } from "../../lib/figures/mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { exampleMetrics } from "./metrics_example.ts";

const metrics = exampleMetrics(["cat", "dog"]);

Deno.test("thresholdChart() draws both sweeps and marks the thresholds in use", () => {
  const { traces, description } = thresholdChart(metrics);
  assertEquals(traces.map(({ name, x, y }) => [name, x, y]), [
    ["CAM", [0.1, 0.2], [41.62, 46.62]],
    ["CAM: in use", [0.1], [41.62]],
    ["Pseudo labels", [0.1, 0.2], [56.28, 61.28]],
    ["Pseudo labels: in use", [0.2], [61.28]],
  ]);
  assert(description.startsWith("CAM is best at 0.2 with 46.6; Pseudo labels is best at 0.2 with 61.3"));
});

Deno.test("precisionChart() draws every part of the method, IoU ascending", () => {
  assertEquals(precisionChart(metrics).traces.map(({ x, y }) => [x, y[1]]), [
    [[0.25, 0.5, 0.7, 0.75], 9.13],
    [[0.25, 0.5, 0.7, 0.75], 28.46],
    [[0.25, 0.5, 0.7, 0.75], 33.71],
  ]);
});

Deno.test("lossChart() keeps short logs step by step and averages long ones", () => {
  const log = (count: number) => ({
    title: "Loss",
    steps: Array.from({ length: count }, (_, step) => ({ step, loss: step, learningRate: 1 })),
  });
  assertEquals(lossChart(log(3)).traces[0]!.y, [0, 1, 2]);
  const [raw, smooth] = lossChart(log(1000)).traces;
  assertEquals([raw!.x.length, raw!.x[1], raw!.y[1]], [334, 3, 4]);
  assertAlmostEquals(smooth!.y[100]!, raw!.y[100]!, 1e-9);
});
