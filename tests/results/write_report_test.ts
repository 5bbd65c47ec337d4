import { presets } from "../../lib/config/config.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import type { ImageRecord, Metrics, ThresholdOrigin } from "../../lib/evaluation/mod.ts";
import { compareRuns } from "../../lib/results/write_report.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { exampleMetrics, exampleRecords } from "../figures/metrics_example.ts";

const classes = ["cat", "dog"];
const { records } = exampleRecords(classes);
const config = { ...presets.sample, data: { ...presets.sample.data, classes } };
const metrics = exampleMetrics(classes), own = { config, metrics, records };
const other = { path: "other/metrics.json", metrics, records: records as ImageRecord[] | null, config };

Deno.test("compareRuns() says what differs in data, lists and thresholds, and puts scores side by side", () => {
  const same = compareRuns(own, other);
  assertEquals([same.sentences, same.settings], [["Both are about the same 3 images."], []]);
  const changed = {
    ...other,
    records: records.slice(1),
    metrics: {
      ...metrics,
      cam: { ...metrics.cam, threshold: 0.3, miou: 40.02 },
      instance: { ...metrics.instance, images: 4 },
    },
    config: {
      ...config,
      data: { ...config.data, root: "b" },
      synthesis: { ...config.synthesis, instanceThreshold: 0.5 },
    },
  };
  const { sentences, settings, stated, paired } = compareRuns(own, changed);
  assertEquals(sentences, [
    "2 images are in both; 1 are here alone, 0 there alone. Only those in both are compared one by one.",
    "Pseudo instances: judged on 5 images of exact here, on 4 of exact there.",
    "CAMs are cut at 0.1 here, at 0.3 there.",
    "Pseudo instances are cut at 0.35 here, at 0.5 there.",
    "Data is read from out/sample-data here, from b there.",
  ]);
  assertEquals(settings, [["data.root", '"out/sample-data"', '"b"'], ["synthesis.instanceThreshold", "0.35", "0.5"]]);
  assertEquals(stated[1], ["mIoU of CAMs", 41.62, 40.02]);
  assertEquals(paired!.images.length, 2);
});

Deno.test("compareRuns() says where equal thresholds have other origins", () => {
  const from = (chosen: "before" | "masks"): Metrics => {
    const origin = { value: 0.2, chosen, on: chosen === "masks" ? "val" : null };
    const before: ThresholdOrigin = { value: 0.1, chosen: "before", on: null };
    const [cam, instance] = [before, { ...before, value: 0.35 }];
    return { ...metrics, thresholds: { cam, instance, semantic: origin, foreground: before, background: before } };
  };
  assertEquals(compareRuns({ ...own, metrics: from("before") }, { ...other, metrics: from("masks") }).sentences, [
    "Both are about the same 3 images.",
    "Pseudo semantic labels are cut at 0.2 (fixed before) here, at 0.2 (chosen on ground truth of val) there.",
  ]);
});

Deno.test("compareRuns() does with metrics alone, and says what is not known", () => {
  const { sentences, settings, paired } = compareRuns(own, { ...other, records: null, config: null });
  assertEquals(sentences, [
    "Whether both are about the same images is not known: the other has no images.jsonl; evaluate it again.",
    "Settings of the other run are not known: no run.json lies above its metrics.json.",
  ]);
  assertEquals([settings, paired], [[], null]);
});

Deno.test("compareRuns() refuses other classes, other images and other ground truth", () => {
  const refuses = (changes: Partial<typeof other>, message: string) =>
    assertThrows(() => compareRuns(own, { ...other, ...changes }), UsageError, message);
  refuses(
    { metrics: exampleMetrics(["cat", "cow"]) },
    "Expected a run with the classes background, cat, dog for --against but found background, cat, cow in other/metrics.json",
  );
  const renamed = records.map((record) => ({ ...record, id: `x${record.id}` }));
  refuses(
    { records: renamed },
    "other/metrics.json cannot be compared: Expected images of both runs but found a<1 … and xa<1 …",
  );
  const drawnAnew = records.map((record) => record.semantic ? { ...record, semantic: [[0, 0, 1] as const] } : record);
  refuses({ records: drawnAnew }, "Expected the same ground truth of a<1 in both runs but found other pixels");
});
