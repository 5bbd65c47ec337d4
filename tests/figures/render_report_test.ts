import { gunzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { type Config, presets } from "../../lib/config/config.ts";
import { encodePicture, type GalleryEntry, renderReport, type ReportInput } from "../../lib/figures/mod.ts";
import { type InstanceRow, pairRuns } from "../../lib/evaluation/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { exampleMetrics, exampleRecords } from "./metrics_example.ts";

const CLASSES = ["round", "<b>bold</b>"];
const config: Config = { ...presets.sample, data: { ...presets.sample.data, classes: CLASSES } };
const picture = await encodePicture({ height: 2, width: 3, data: new Uint8Array(18) });
const gallery: GalleryEntry[] = [
  { id: "a&b", labels: ["round"], iou: 71.24, layers: [{ name: "CAM", caption: "A map", picture }] },
];
const input: ReportInput = { config, metrics: exampleMetrics(CLASSES), trainings: [], gallery };
const page = await renderReport(input);

Deno.test("renderReport() asks for nothing outside of the file", () => {
  assertEquals(page.match(/https?:/g), null);
  for (const [, target] of page.matchAll(/(?:src|href|srcset|action|data)="([^"]*)"/g)) {
    assert(/^(data:|#)/.test(target!), `Expected no address but found ${target}`);
  }
  assert(page.includes("default-src &#39;none&#39;"));
});

Deno.test("renderReport() shows headline numbers, the ablation, classes and settings", () => {
  for (const value of ["81.4", "41.6", "79.9", "61.3", "33.7", "9.1", "28.5", "88.3", "71.2"]) {
    assert(page.includes(`>${value}<`), `Expected ${value} in the report`);
  }
  assert(
    page.includes(`"clusterThreshold": ${presets.sample.displacement.clusterThreshold}`.replaceAll('"', "&quot;")),
  );
  assert(page.includes(">–<"), "a class that does not occur");
});

Deno.test("renderReport() escapes names and gives every picture a text", () => {
  assert(!page.includes("<b>bold</b>") && page.includes("&lt;b&gt;bold"));
  assert(page.includes('alt="A map (a&amp;b)"'));
  assertEquals(page.match(/<img (?![^>]*alt=)/g), null);
});

Deno.test("renderReport() gives the same text for the same input, without times unless it is told", async () => {
  assertEquals(await renderReport(input), page);
  assert(!page.includes('id="run"'));
  const run = {
    versions: { deno: "1.2.3" },
    backend: { name: "wasm", version: "4", reason: "asked for", advice: null },
    stages: [{ stage: "cam_train", made: 1, seconds: 3723, peakMemory: 2 ** 30 }],
  };
  const told = await renderReport({ ...input, run });
  for (const text of ["1.2.3", "wasm 4", "cam_train", "1 h 2 min", "1.00 GiB"]) assert(told.includes(text), text);
});

Deno.test("renderReport() shows published numbers for VOC's classes only, marked as such", async () => {
  assert(!page.includes("66.5"));
  const voc = await renderReport({
    ...input,
    config: presets.lite,
    metrics: exampleMetrics(presets.lite.data.classes),
  });
  for (const value of ["48.3", "66.5", "37.7", "32.4–35.7"]) assert(voc.includes(`>${value}<`), value);
  assert(voc.includes("Reference, not measured here"));
  const own = { ...presets.lite, data: { ...presets.lite.data, classes: CLASSES } };
  assert(!(await renderReport({ ...input, config: own })).includes("Reference, not measured"));
});

Deno.test("renderReport() shows the control only where it was measured, and no gallery without images", async () => {
  assert(!page.includes("Colours alone"));
  const colourBaseline = { split: "infer", miou: 21.57, ap50: 3.19, perClass: {} };
  const controlled = await renderReport({ ...input, metrics: { ...input.metrics, colourBaseline } });
  for (const text of ["Colours alone", ">21.6<", ">3.2<"]) assert(controlled.includes(text), text);
  assert(!(await renderReport({ ...input, gallery: [] })).includes('id="gallery"'));
});

Deno.test("renderReport() says what could not be judged, and shows no empty tables and charts", async () => {
  const { metrics } = input, none = { images: 0 };
  const bare = await renderReport({
    ...input,
    metrics: {
      ...metrics,
      cam: { ...metrics.cam, ...none },
      relation: { ...metrics.relation, ...none },
      semantic: { ...metrics.semantic, ...none },
      instance: { ...metrics.instance, ...none },
    },
  });
  assert(bare.includes("CAMs and pseudo labels are not judged: no image of infer has ground truth."));
  assert(bare.includes(">81.4<") && !bare.includes(">79.9<") && bare.includes('id="gallery"'));
  for (const id of ["parts", "classes"]) {
    assert(page.includes(`<section id="${id}">`) && !bare.includes(`<section id="${id}">`), id);
  }
});

Deno.test("renderReport() carries Plotly as its package has it", () => {
  const packed = /<script type="text\/plain" id="plotly">([^<]*)</.exec(page)![1]!;
  const source = gunzipSync(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)));
  const original = Deno.readFileSync(createRequire(import.meta.url).resolve("plotly.js-dist"));
  assertEquals(new TextDecoder().decode(source).length, new TextDecoder().decode(original).length);
});

Deno.test("renderReport() lists doubts where there are any", async () => {
  assert(!page.includes('id="doubts"'));
  const doubted = await renderReport({
    ...input,
    doubts: { classes: ["class a<b is poor"], images: ["x: none", "y: none"] },
  });
  for (const text of ['id="doubts"', "<li>class a&lt;b is poor</li>", "without an instance: 2<", "<li>y: none</li>"]) {
    assert(doubted.includes(text), text);
  }
});

Deno.test("renderReport() shows every image, errors, intervals and confusion, and charts without a script", async () => {
  for (const id of ["images", "errors", "confusion"]) assert(!page.includes(`<section id="${id}">`), id);
  const { records, analysis } = exampleRecords(CLASSES);
  const told = await renderReport({ ...input, records, analysis });
  const cells = told.replaceAll(/<[^>]*>|\s+/g, " ").replaceAll(/ +/g, " ");
  assert(cells.includes("a&lt;1 round 70.8 2 1 1 1 0 1 2 round in one mask"), "the row of an image");
  assert(cells.includes("missed an object without a mask 1 50.00 100.0"), "the row of an error");
  assert(cells.includes("on exact, 50.0 … 50.0"), "an interval");
  assert(told.includes('{"classes":["round","\\u003cb>bold\\u003c/b>"]'), "data of the script");
  assertEquals(told.match(/<img src="data:image\/svg/g)!.length, told.match(/data-chart=/g)!.length);
});

Deno.test("renderReport() shows another run beside this one, and the tables of compare", async () => {
  const { records } = exampleRecords(CLASSES),
    better = records.map((record) => ({ ...record, miou: record.miou && 99 }));
  const against = {
    name: "other<",
    sentences: ["Both are about the same 3 images."],
    settings: [["walk.beta", "10", "8"]] as [string, string, string][],
    stated: [["mIoU of CAMs", 41.62, null]] as [string, number, null][],
    paired: pairRuns(records, better, { classes: CLASSES, ious: [0.5], seed: 0 }),
  };
  const row = { images: 7, miou: 44.44, perClass: {} }, rows = { "IRNet": row };
  const comparison = {
    pseudoLabels: { split: "train", instanceSplit: "train", semantic: rows, instance: {} },
    deepLab: { split: "val", rows: {} },
    maskRcnn: { split: "val", rows: { "IRNet": { images: 3, ap50: 12.34, perClass: {} } as unknown as InstanceRow } },
  };
  const cells = (await renderReport({ ...input, against, comparison })).replaceAll(/(<[^>]*>|\s)+/g, " ");
  for (
    const text of [
      "Beside other&lt; . Both are about",
      "AP50 of pseudo instances no difference to speak of 1 50.0 50.0 ±0.0 ±0.0 … ±0.0",
      "a&lt;1 70.8 99.0 −28.2 1 1",
      "mIoU of CAMs 41.6 – –",
      "walk.beta 10 8",
      "Semantic labels of train, mean IoU in percent",
      "IRNet 7 44.4",
      "IRNet 3 12.3",
    ]
  ) assert(cells.includes(text), text);
});
