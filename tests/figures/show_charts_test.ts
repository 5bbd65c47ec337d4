import { lossChart, showCharts } from "../../lib/figures/mod.ts";
import { showCurves } from "../../lib/command_line/show_curves.ts";
import { assert, assertEquals } from "../assert.ts";

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
