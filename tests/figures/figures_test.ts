import { XMLValidator } from "fast-xml-parser";
import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import {
  ablationFigure,
  affinityFigure,
  approachFigure,
  architectureFigure,
  boundaryFigure,
  camFigure,
  classIouFigure,
  comparisonFigure,
  confidentAreasFigure,
  detectionsFigure,
  detectorPrecisionFigure,
  detectorRecallFigure,
  displacementFigure,
  drawJudgedInstances,
  failureReason,
  failuresFigure,
  type Figure,
  iouThresholdFigure,
  judgedInstancesFigure,
  JUPYTER_DISPLAY,
  learningRateFigure,
  lossesFigure,
  lossFigure,
  overviewFigure,
  pixelFigure,
  precisionFigure,
  precisionRecallFigure,
  pseudoLabelsFigure,
  publishedFor,
  refinementFigure,
  relationFigure,
  resultsTableFigure,
  segmentationsFigure,
  show,
  synthesisFigure,
  thresholdFigure,
  walkFigure,
} from "../../lib/figures/mod.ts";
import { presets } from "../../lib/config/config.ts";
import { createBackbone } from "../../lib/nn/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { exampleMetrics } from "./metrics_example.ts";

/** An image of 16×24 pixels, 4×6 at stride 4, with one class in its left half. */
const height = 16, width = 24, size = height * width, rows = 4, columns = 6, cells = rows * columns;
const classes = ["cat", "dog"];
const image = { height, width, data: Uint8Array.from({ length: size * 3 }, (_, i) => i % 251) };
const labelsOf = (label: (y: number, x: number) => number) => ({
  height,
  width,
  data: Uint8Array.from({ length: size }, (_, i) => label(Math.floor(i / width), i % width)),
});
const truth = labelsOf((_, x) => x < 12 ? 1 : 0);
const labels = labelsOf((y, x) => y < 4 ? 255 : x < 12 ? 1 : 0);
const cams = {
  keys: Int32Array.of(0),
  size: [height, width] as const,
  scales: Float32Array.of(1, 0.5),
  maps: [
    { height: 1, width: 2, data: Float32Array.of(2, 1) },
    { height: 1, width: 1, data: Float32Array.of(3) },
  ],
};
const boundary = {
  height: rows,
  width: columns,
  data: Float32Array.from({ length: cells }, (_, i) => i % columns === 3 ? 0.75 : 0.25),
};
const displacement = { height: rows, width: columns, data: new Float32Array(2 * cells).fill(0.5) };
const centroids = Int32Array.from({ length: 2 * cells }, (_, i) => i < cells ? 3 : 5);
const clusters = { height: rows, width: columns, map: new Int32Array(cells), count: 1, unreached: 0 };
const instances = { height, width, score: [0.8], class: [0], mask: truth.data };
const scored = {
  height,
  width,
  score: Float32Array.from(truth.data, (v) => v ? 0.6 : 0.2),
  label: truth.data.map(() => 1),
};
const row = { id: "a_1", image, semantic: labels, instances, truth, objects: truth, iou: 71.2 };
const log = { title: "Loss of IRNet", steps: [0, 1, 2].map((step) => ({ step, loss: 3 - step, learningRate: 0.1 })) };
const matches = [{
  truths: [0, 0],
  found: [
    { class: 0, score: 0.9, truth: 0, iou: 0.82 },
    { class: 0, score: 0.7, truth: 1, iou: 0.2 },
  ],
}];
const piece = {
  name: "cat",
  walked: [0, 4].map((steps) => ({ steps, map: new Float32Array(cells).fill(1 / (steps + 1)) })),
};
const metrics = exampleMetrics(classes);
const detectors = [{ name: "IRNet", matches }, { name: "true masks", matches }];
const rowOf = (miou: number | null) => ({ images: 2, miou, perClass: {} });
const compared = {
  pseudoLabels: { split: "train", semantic: { CAM: rowOf(51.2) } },
  deepLab: { split: "val", rows: { CAM: rowOf(60), "true masks": rowOf(null) } },
};
const detection = { id: "a_1", image, truth, objects: truth, found: { IRNet: instances, "true masks": instances } };
const segmentation = { id: "a_1", image, truth, labels: { CAM: labels, IRNet: truth } };

const FIGURES: Record<string, () => Figure> = {
  ablation: () => ablationFigure(metrics),
  approach: () => approachFigure(),
  architecture: () => architectureFigure(createBackbone({ network: "sample" }), { displacementWidth: 64 }),
  affinity: () => affinityFigure(image, { boundary, pixel: [1, 2], radius: 2, beta: 2 }),
  boundary: () => boundaryFigure(image, { boundary }),
  cam: () => camFigure(image, { cams, classes }),
  classIou: () => classIouFigure(metrics),
  comparison: () => comparisonFigure(compared),
  confidentAreas: () => confidentAreasFigure(image, { before: labels, after: truth, classes, truth }),
  detections: () => detectionsFigure([detection, { ...detection, truth: null, objects: null }], { classes }),
  detectorPrecision: () => detectorPrecisionFigure(detectors, { classes }),
  detectorRecall: () => detectorRecallFigure(detectors, { iou: 0.5, classes }),
  displacement: () => displacementFigure(image, { field: displacement, centroids, clusters }),
  failures: () => failuresFigure([row], { classes }),
  judgedInstances: () => judgedInstancesFigure([{ id: "a", image, instances, truth, objects: truth }], { classes }),
  iouThreshold: () => iouThresholdFigure(metrics),
  learningRate: () => learningRateFigure(log),
  loss: () => lossFigure(log),
  losses: () => lossesFigure([log, { ...log, title: "another" }], { title: "Losses" }),
  overview: () =>
    overviewFigure(image, {
      ...{ id: "a_1", classes, cams, labels, boundary, displacement, clusters, instances, truth },
      semantic: labels,
    }),
  pixel: () => pixelFigure(image, { boundary, displacement, labels, classes, pixel: [1, 2], pairRadius: 2, id: "a" }),
  precision: () => precisionFigure(metrics),
  precisionRecall: () => precisionRecallFigure(matches, { iou: 0.5, classes }),
  pseudoLabels: () => pseudoLabelsFigure([row, { ...row, iou: null, truth: null }], { classes }),
  refinement: () => refinementFigure(image, { field: displacement, steps: [{ iterations: 300, centroids }] }),
  relation: () => relationFigure(image, { labels, pixel: [1, 2], radius: 2, classes }),
  resultsTable: () => resultsTableFigure({ metrics, published: publishedFor(presets.paper) }),
  segmentations: () =>
    segmentationsFigure([segmentation, { ...segmentation, truth: null }], {
      title: "Labels",
      subtitle: "Two makers of labels, one image.",
      classes,
    }),
  synthesis: () => {
    const map = new Float32Array(cells).fill(0.5), cluster = new Uint8Array(cells).fill(1, 0, 9);
    const mask = { height, width, data: truth.data, score: 0.8 }, made = { cam: map, cluster, piece: map, walked: map };
    const pieces = [{ name: "cat, cluster 0", ...made, mask }, { name: "dog, cluster 0", ...made, mask: null }];
    return synthesisFigure(image, { height: rows, width: columns, pieces, steps: 4 });
  },
  threshold: () => thresholdFigure(image, { scored, classes, truth, current: 0.3 }),
  walk: () => walkFigure(image, { height: rows, width: columns, pieces: [piece] }),
};

for (const [name, make] of Object.entries(FIGURES)) {
  Deno.test(`${name}Figure() is a picture without fonts, the same each time`, async () => {
    const figure = make(), svg = await figure.svg();
    assertEquals(XMLValidator.validate(svg), true);
    const drawn = svg.replace(/base64,[^"]*/g, "");
    assert(!/<text|font-family|NaN|undefined|Infinity/.test(drawn), "Expected outlines and numbers");
    assert(svg.includes(`<title>${figure.title.replace(/&/g, "&amp;")}</title>`) && figure.description.length > 20);
    const png = await figure.png(), { format, width, height } = await sharp(png).metadata();
    assertEquals([format, width, height], ["png", 1000, Number(/height="(\d+)"/.exec(svg)![1])]);
    assertEquals(await make().svg(), svg);

    const bundle = await figure[JUPYTER_DISPLAY]();
    const shown = Uint8Array.from(atob(bundle["image/png"] as string), (character) => character.charCodeAt(0));
    assertEquals((await sharp(shown).metadata()).width, 1000);
    const plotly = await figure.plotly();
    assertEquals(bundle["application/vnd.plotly.v1+json"] ?? null, plotly);
    assert(!/null,null|NaN/.test(JSON.stringify(plotly?.layout ?? {})));
  });
}

Deno.test("relationFigure() tells apart what pairs teach", async () => {
  const svg = await FIGURES["relation"]!().svg();
  // Around (1, 2) at stride 4: row 0 is uncertain, columns 0…2 are cat, 3… background; the eight neighbours are pairs.
  const count = (colour: string) => svg.match(new RegExp(`<circle [^>]*fill="${colour}"`, "g"))?.length ?? 0;
  assertEquals(["#0072b2", "#56b4e9", "#d55e00", "#9a9a9a"].map(count), [3, 0, 2, 3]);
  assertThrows(() => relationFigure(image, { labels, pixel: [4, 0], radius: 2, classes }), RangeError, "within 4×6");
});

Deno.test("affinityFigure() gives affinities of the pixel, and their powers", async () => {
  const { data } = (await FIGURES["affinity"]!().plotly())!;
  assertEquals(data.filter(({ coloraxis }) => coloraxis).map(({ z }) => z), [
    [[0.25, 0.25, 0.75], [0.25, 0.25, 0.75], [0.25, 0.25, 0.75]],
    [[0.75, 0.75, 0.25], [0.75, 1, 0.25], [0.75, 0.75, 0.25]],
    [[0.563, 0.563, 0.063], [0.563, 1, 0.063], [0.563, 0.563, 0.063]],
  ]);
});

Deno.test("thresholdFigure() steps through thresholds and starts at the one in use", async () => {
  const { data, layout } =
    (await thresholdFigure(image, { scored, classes, truth, thresholds: [0.1, 0.5], current: 0.3 })
      .plotly())!;
  assertEquals(data.map(({ type, visible }) => [type, visible]), [
    ["image", true],
    ["heatmap", true],
    ["image", false],
    ["image", true],
    ["image", false],
    ["image", true],
  ]);
  // deno-lint-ignore no-explicit-any
  const [{ active, steps }] = layout["sliders"] as any;
  assertEquals([active, steps.map(({ label }: { label: string }) => label)], [1, ["0.10", "0.30", "0.50"]]);
  assertEquals(steps[2].args[0].visible, [true, true, false, false, true, true]);
  assert(steps[2].args[1]["title.text"].includes("mIoU 100.0 %") && steps[0].args[1]["title.text"].includes("25.0 %"));
});

Deno.test("architectureFigure() has the channels and strides of the network's own parameters", async () => {
  const titleOf = (network: "resnet50" | "efficientnet_lite0", displacementWidth: number) =>
    architectureFigure(createBackbone({ network }), { displacementWidth });
  // As of the released code: 5 layers of 32 channels and one of one; 7 displacement layers.
  const edge = (64 + 256 + 512 + 1024 + 2048) * 32 + 5 * 64 + 160 + 1;
  const dp = 64 * 64 + 256 * 128 + (512 + 1024 + 2048) * 256 + 768 * 256 + 448 * 256 + 2 * 256 +
    2 * (64 + 128 + 5 * 256);
  const { description } = titleOf("resnet50", 256);
  const text = [edge, dp].map((count) => `${(count / 1e6).toPrecision(3)} million`);
  assert(text.every((part) => description.includes(part)), description);
  const svg = await titleOf("efficientnet_lite0", 128).svg();
  assert(svg.includes("<title>IRNet on efficientnet_lite0</title>"));
});

Deno.test("resultsTableFigure() marks what is published, and shows it for VOC's classes alone", () => {
  const published = publishedFor(presets.paper);
  const shown = (isVoc: boolean) => resultsTableFigure({ metrics, published: isVoc ? published : null });
  assert(shown(true).description.includes("published numbers with their source, not measured here"));
  assertEquals([shown(false).title, publishedFor(presets.sample)], ["This run", null]);
  assert(published!.every(({ source }) => source.length > 5));
});

Deno.test("drawJudgedInstances() calls a second mask of one instance wrong, and an instance without a mask missed", async () => {
  const objects = labelsOf((y, x) => x < 12 ? 1 : y < 8 ? 2 : 0), both = labelsOf((y, x) => x < 12 || y < 8 ? 1 : 0);
  // The better score covers three quarters of the first instance, the other all of it: both more than half.
  const mask = Uint8Array.from([...labelsOf((_, x) => x < 9 ? 1 : 0).data, ...labelsOf((_, x) => x < 12 ? 1 : 0).data]);
  const instances = { height, width, score: [0.9, 0.7], class: [0, 0], mask };
  const draw = (iou: number) => drawJudgedInstances(image, { instances, truth: both, objects, classes, iou });
  const picture = await draw(0.5), strict = await draw(0.8);
  assertEquals([picture.width, picture.height], [480, 320]);
  const at = ({ data }: typeof picture, y: number, x: number) => {
    const place = ((20 * y + 10) * 480 + 20 * x + 10) * 3;
    return [data[place]!, data[place + 1]!, data[place + 2]!] as const;
  };
  const isBlue = ([red, , blue]: readonly [number, number, number]) => blue > red;
  assertEquals([isBlue(at(picture, 12, 4)), isBlue(at(picture, 12, 10))], [true, false]);
  assertEquals([isBlue(at(strict, 12, 4)), isBlue(at(strict, 12, 10))], [false, true]);
  assertEquals(at(picture, 7, 18), [255, 210, 63]);
  assertEquals(at(picture, 12, 11), [255, 255, 255]);
});

Deno.test("svg() and png() draw pictures with as many pixels as they are asked for", async () => {
  const figure = FIGURES["boundary"]!(), { width, height } = await sharp(await figure.png()).metadata();
  const twice = await sharp(await figure.png({ scale: 2 })).metadata();
  assertEquals([twice.width, twice.height], [2 * width, 2 * height]);
  assert((await figure.svg({ scale: 2 })).length > 1.3 * (await figure.svg()).length);
});

Deno.test("walkFigure() shows the values of each step", async () => {
  const { data } = (await FIGURES["walk"]!().plotly())!;
  assertEquals(data.map(({ type, visible, z }) => [type, visible, (z as number[][])?.[0]?.[0]]), [
    ["image", true, undefined],
    ["image", false, undefined],
    ["image", true, undefined],
    ["heatmap", false, 1],
    ["heatmap", true, 0.2],
  ]);
  assertThrows(() => walkFigure(image, { height: rows, width: columns, pieces: [] }), RangeError, "at least one piece");
});

Deno.test("failureReason() names the mistake that costs most", () => {
  const reason = (label: (y: number, x: number) => number) => failureReason(labelsOf(label), { truth, classes });
  assertEquals(reason((_, x) => x < 12 ? 1 : 0), "nothing wrong");
  assertEquals(reason((y, x) => x < 12 && y < 4 ? 1 : 0), "cat: 75\u00a0% missed, called background");
  assertEquals(reason((_, x) => x < 12 ? 2 : 0), "cat: 100\u00a0% missed, called dog");
  assertEquals(reason(() => 1), "cat: 50\u00a0% of its mask lies on background");
});

Deno.test("detectorPrecisionFigure() gives the AP at every IoU, detectorRecallFigure() a line a class and detector", async () => {
  const { data } = (await detectorPrecisionFigure(detectors, { classes, chosen: ["cat"] }).plotly())!;
  // One of two instances is found, at IoU 0.82: half of the recall at full precision.
  assertEquals(data[0]!["x"], [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
  assertEquals(data[0]!["y"], [...new Array(12).fill(50), 0, 0, 0]);
  const lines = (await detectorRecallFigure(detectors, { iou: 0.5, classes }).plotly())!.data;
  assertEquals(lines.map(({ name }) => name), ["IRNet: cat (AP 50.0)", "true masks: cat (AP 50.0)"]);
  assertEquals(lines.map(({ line }) => (line as { dash: string }).dash), ["solid", "dash"]);
});

Deno.test("figures of comparisons need something to compare", () => {
  assertThrows(() => detectorPrecisionFigure([], { classes }), RangeError, "at least one detector");
  assertThrows(() => detectorRecallFigure([], { iou: 0.5, classes }), RangeError, "at least one detector");
  assertThrows(() => lossesFigure([{ ...log, steps: [] }], { title: "a" }), RangeError, "steps of Loss of IRNet");
  assertThrows(() => detectionsFigure([], { classes }), RangeError, "at least one image");
});

Deno.test("failuresFigure() needs ground truth", () => {
  assertThrows(() => failuresFigure([{ ...row, truth: null }], { classes }), RangeError, "found none");
});

Deno.test("html() is a page that asks for nothing outside, with Plotly where there is something to play with", async () => {
  const still = await FIGURES["cam"]!().html(), playful = await FIGURES["threshold"]!().html();
  const withoutPlotly = (page: string) => page.replace(/\("[\w+/=]{1000,}"\)/, "");
  for (const page of [still, withoutPlotly(playful)]) assertEquals(page.match(/https?:/g), null);
  for (const page of [still, playful]) assertEquals(page.match(/<img src="data:image\/png;base64,/g)?.length, 1);
  assert(still.length < 2e6);
  const packed = /\("([\w+/=]{1000,})"\)/.exec(playful)![1]!;
  const source = gunzipSync(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)));
  assert(new TextDecoder().decode(source).includes("plotly.js v"));
});

Deno.test("show() needs a notebook, and something to show", async () => {
  await assertRejects(() => show("text" as never), TypeError, 'in show() but found "text"');
  await assertRejects(() => show(FIGURES["loss"]!()), Error, "in a notebook on the Deno kernel but found no kernel");
});
