import { showCurves } from "../../lib/command_line/show_curves.ts";
import { lossChart, precisionChart, showCharts, thresholdChart } from "../../lib/figures/mod.ts";
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

Deno.test("lossChart() draws the parts of a loss beside it", () => {
  const steps = [0, 1].map((step) => ({
    step,
    loss: 3 - step,
    learningRate: 1,
    parts: { positive: 2 - step, negative: 1 },
  }));
  const { traces, description } = lossChart({ title: "Loss", steps });
  assertEquals(traces.map(({ name, y }) => [name, y]), [
    ["loss", [3, 2]],
    ["smoothed", [3, 2]],
    ["positive", [2, 1]],
    ["negative", [1, 1]],
  ]);
  assertEquals(description, "Loss over 2 steps, smoothed: 3.00 to 2.00; positive 2.00 to 1.00; negative 1.00 to 1.00.");
});

/** Speaks to the viewer as its page does, through long polling, and returns the plots that it sends. */
async function readPlots(origin: string, count: number): Promise<{ layout: { title: string }; data: unknown[] }[]> {
  const url = `${origin}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
  const get = async () => await (await fetch(`${url}&sid=${sid}`)).text();
  const post = async (body: string) => await (await fetch(`${url}&sid=${sid}`, { method: "POST", body })).text();
  await post("40");
  await get();
  await post(`42["readplots"]`);
  const plots: Awaited<ReturnType<typeof readPlots>> = [];
  while (plots.length < count) {
    for (const packet of (await get()).split("\x1e")) {
      if (packet === "2") await post("3");
      if (packet.startsWith("42")) plots.push(JSON.parse(packet.slice(2))[1]);
    }
  }
  await post("1"); // leaves, as a page does that is closed
  return plots;
}

Deno.test({
  name: "showCharts() serves the charts until the page is closed, and opens nothing by itself",
  sanitizeOps: false, // the viewer keeps timers of its own
  sanitizeResources: false,
  fn: async () => {
    const before = Deno.env.get("NODEPLOTLIB_PORT");
    const steps = [0, 1, 2].map((step) => ({ step, loss: 3 - step, learningRate: 0.1 }));
    const opened: string[] = [];
    const charts = ["Loss of A", "Loss of B"].map((title) => lossChart({ title, steps }));
    const { address, closed } = await showCharts(charts, { open: (address) => opened.push(address) });
    try {
      assertEquals(opened, [address]);
      const plots = await readPlots(new URL(address).origin, 2);
      assertEquals(plots.map(({ layout }) => layout.title).sort(), ["Loss of A", "Loss of B"]);
      assertEquals(plots[0]!.data.length, 2);
      await closed;
    } finally {
      if (before === undefined) Deno.env.delete("NODEPLOTLIB_PORT");
      else Deno.env.set("NODEPLOTLIB_PORT", before);
    }
  },
});

Deno.test("showCurves() warns where there are no curves, and goes on", async () => {
  const workdir = await Deno.makeTempDir(), warnings: string[] = [], original = console.error;
  console.error = (text) => void warnings.push(text);
  try {
    await showCurves(workdir);
  } finally {
    console.error = original;
    await Deno.remove(workdir);
  }
  assertEquals(warnings.length, 1);
  assert(warnings[0]!.startsWith("Warning: the curves cannot be shown") && warnings[0]!.includes("curves.json"));
});
