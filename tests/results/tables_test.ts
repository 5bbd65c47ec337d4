import { assertEquals } from "../assert.ts";
import { formatAblation, formatClasses, formatDoubts, formatHeadlines, formatSweep } from "../../lib/results/tables.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import { formatThresholds } from "../../lib/results/thresholds.ts";
import { exampleMetrics } from "../figures/metrics_example.ts";

const metrics = exampleMetrics(["cat", "dog"]);
const control = { split: "infer", miou: 20.125, ap50: 7.77, perClass: {} };

Deno.test("formatHeadlines() shows a number a line, with its list", () => {
  assertEquals(
    formatHeadlines({ ...metrics, colourBaseline: control }).split("\n"),
    [
      "classification           mAP         81.4  on val, 7 images",
      "CAMs                     mIoU        41.6  on infer, 9 images  at 0.1, chosen without masks on infer",
      "confident foreground     precision   79.9  on train, 9 images  at 0.35, chosen on ground truth of train",
      "confident background     precision   95.0  on train, 9 images  at 0.05, fixed before",
      "uncertain pixels         fraction    30.0  on train, 9 images",
      "pseudo labels            mIoU        61.3  on infer, 9 images  at 0.2, fixed before",
      "pseudo instances         AP25        53.7  on exact, 5 images  at 0.25, fixed before",
      "pseudo instances         AP50        33.7  on exact, 5 images  at 0.25, fixed before",
      "pseudo instances         AP70        16.9  on exact, 5 images  at 0.25, fixed before",
      "pseudo instances         AP75           –  on exact, 5 images  at 0.25, fixed before",
      "colours alone (control)  mIoU        20.1  on infer",
      "colours alone (control)  AP50         7.8  on infer",
    ],
  );
});

Deno.test("formatHeadlines() leaves out what there was nothing to judge by, and says so", () => {
  const none = { images: 0 };
  const { classification, cam, relation, semantic, instance } = metrics;
  assertEquals(
    formatHeadlines({
      ...metrics,
      classification: { ...classification, ...none },
      instance: { ...instance, ...none },
    }).split("\n").slice(-3),
    [
      "pseudo labels         mIoU        61.3  on infer, 9 images  at 0.2, fixed before",
      "Classification is not judged: data.valList names no list",
      "Pseudo instances are not judged: no image of exact has ground-truth instances",
    ],
  );
  assertEquals(
    formatHeadlines({
      ...metrics,
      cam: { ...cam, ...none },
      relation: { ...relation, ...none },
      semantic: { ...semantic, ...none },
      instance: { ...instance, ...none },
    }).split("\n").slice(0, 3),
    [
      "classification  mAP   81.4  on val, 7 images",
      "Confident labels are not judged: no image of train has ground truth",
      "CAMs and pseudo labels are not judged: no image of infer has ground truth",
    ],
  );
});

Deno.test("formatClasses() shows a row a class, with a dash for what does not occur and nothing for what is not measured", () => {
  assertEquals(
    formatClasses(metrics).split("\n"),
    [
      "class       AP of names  CAM IoU  confident  label IoU  AP25  AP50  AP70  AP75",
      "cat                80.0     40.0       70.0       60.0  50.0  33.7  10.0   5.0",
      "dog                   –        –          –          –     –     –     –     –",
      "background                  88.3                  88.3",
    ],
  );
});

Deno.test("formatAblation() shows the parts in the paper's order, and the threshold of CAMs", () => {
  assertEquals(
    formatAblation({ ...metrics, colourBaseline: control }).split("\n"),
    [
      "instances on exact            AP25  AP50  AP70  AP75",
      "CAM components                29.1   9.1   4.6     –",
      "+ class boundary              48.5  28.5  14.2     –",
      "+ displacement (full method)  53.7  33.7  16.9     –",
      "colours alone (control)              7.8",
      "CAMs are cut at 0.2, where their mIoU is highest, chosen on this ground truth, the others at 0.25, fixed before",
      "Scores of all rows: maximum",
    ],
  );
});

Deno.test("formatDoubts() shows a line a class, and the first ten of the images", () => {
  const images = Array.from({ length: 12 }, (_, i) => `img${i}: no instance of cat: …`);
  assertEquals(formatDoubts({ classes: ["class cat: poor"], images: images.slice(0, 10) }).split("\n").length, 11);
  assertEquals(formatDoubts({ classes: ["class cat: poor"], images }).split("\n").slice(-2), [
    "img9: no instance of cat: …",
    "and 2 more labelled images without an instance; the report names all",
  ]);
  assertEquals(formatDoubts({ classes: [], images: [] }), "");
});

Deno.test("formatSweep() shows mean IoU by power and threshold, its course, and where it is highest", () => {
  const row = (power: number, values: readonly (number | null)[]) => {
    const curve = values.map((miou, n) => ({ threshold: [0.2, 0.3][n]!, miou }));
    return { power, curve, best: curve[0]! };
  };
  const rows = [row(1, [40, 60]), row(1.5, [54.26, null])];
  assertEquals(
    formatSweep({ split: "val", images: 3, rows, best: { power: 1, threshold: 0.3, miou: 60 } }).split("\n"),
    [
      "mIoU on val, 3 images      0.2   0.3  course",
      "CAMs to the power of 1    40.0  60.0      ▁█",
      "CAMs to the power of 1.5  54.3     –      ▆",
      "Best: 60.0 with power 1 at 0.3, chosen on this ground truth",
    ],
  );
});

Deno.test("formatThresholds() shows thresholds in use and without masks, and beside them the best on ground truth", () => {
  const curve = [{ threshold: 0.3, miou: 60 }, { threshold: 0.35, miou: 61.26 }];
  const truth = { images: 8, curve, best: curve[1]! };
  const confident = { foreground: 0.4, background: 0.2, uncertain: 0.123 };
  const proposal = {
    list: "val",
    images: 9,
    cam: { threshold: 0.3, centre: 0.3, qualities: [], truth },
    confident,
    labels: { threshold: 0.35, truth },
  };
  const config = loadConfig({ preset: "lite" });
  assertEquals(formatThresholds(proposal, config).split("\n"), [
    "Chosen on the maps of 9 images of val; the best on the ground truth of 8 of them, for comparison alone",
    "thresholds                   in use  without masks  mIoU  best  mIoU",
    "cam.threshold                  0.15            0.3  60.0  0.35  61.3",
    "relation.foreground            0.35            0.4",
    "relation.background            0.15            0.2",
    "synthesis.semanticThreshold    0.25           0.35  61.3  0.35  61.3",
    "synthesis.instanceThreshold    0.25           0.35",
    "Uncertain between confident foreground and background: 12.3 % of pixels",
  ]);
  const alone = { ...proposal, cam: { ...proposal.cam, truth: null }, labels: null };
  assertEquals(formatThresholds(alone, config).split("\n").slice(0, 3), [
    "Chosen on the maps of 9 images of val",
    "thresholds           in use  without masks",
    "cam.threshold          0.15            0.3",
  ]);
});
