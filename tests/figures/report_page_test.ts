import { presets } from "../../lib/config/config.ts";
import { encodePicture, type GalleryEntry, renderReport, thresholdFigure } from "../../lib/figures/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { lacks } from "../needs.ts";
import { chromium, Page } from "./chromium.ts";
import { exampleMetrics, exampleRecords } from "./metrics_example.ts";

const LAYERS = ["Photograph", "CAM", "Truth"];

async function entry(id: string, labels: string[], iou: number | null): Promise<GalleryEntry> {
  const layers = LAYERS.map(async (name, n) => {
    const data = new Uint8Array(12 * 16 * 3).fill(60 * n + 40);
    return { name, caption: `${name} as a test`, picture: await encodePicture({ height: 12, width: 16, data }) };
  });
  return { id, labels, iou, mistake: iou === 20 ? "cross: all missed" : null, layers: await Promise.all(layers) };
}

/** Three images, and sixty like the first. */
function manyRecords(classes: string[]) {
  const { records, analysis } = exampleRecords(classes);
  const more = Array.from({ length: 60 }, (_, n) => ({ ...records[0]!, id: `more_${n}`, miou: n }));
  return { records: [...records, ...more], analysis };
}

async function writeReport(): Promise<string> {
  const config = { ...presets.sample, data: { ...presets.sample.data, classes: ["round", "cross"] } };
  const steps = Array.from({ length: 30 }, (_, step) => ({ step, loss: 1 / (step + 1), learningRate: 0.1 }));
  const file = await Deno.makeTempFile({ suffix: ".html" });
  const page = await renderReport({
    config,
    metrics: exampleMetrics(config.data.classes),
    ...manyRecords(config.data.classes),
    trainings: [{ title: "Loss of IRNet", steps }],
    matches: [{ truths: [0, 1], found: [{ class: 0, score: 0.9, truth: 0, iou: 0.8 }] }],
    gallery: [
      await entry("one", ["round"], 50),
      await entry("two", ["cross"], null),
      await entry("three", ["cross"], 20),
    ],
  });
  await Deno.writeTextFile(file, page);
  return file;
}

/** Ids of the entries that are seen, in their order. */
const IDS = `[...document.querySelectorAll(".entry")].filter((e) => e.checkVisibility()).map((e) =>
  e.querySelector("h3").textContent).join()`;
const choose = (name: string, value: string) =>
  `{ const s = document.querySelector("[name=${name}]"); s.value = "${value}";
     s.dispatchEvent(new Event("input", { bubbles: true })); }`;

Deno.test({
  name: "report.html in a browser filters, sorts, switches layers, enlarges and draws, on wide and narrow windows",
  ignore: lacks("chromium", chromium !== null),
  fn: async () => {
    const file = await writeReport();
    try {
      for (const [width, dark] of [[1280, false], [390, true]] as const) {
        const page = await Page.open(file, { width, dark });
        try {
          // 2 sweeps, 3 parts, 2 × 2 classes, 2 lines of the loss, 1 of the learning rate
          await page.until(`document.querySelectorAll(".plot .main-svg .scatterlayer path.js-line").length === 12`);
          assertEquals(await page.evaluate(`document.querySelector(".mistake").textContent`), "cross: all missed");
          await checkGallery(page);
          await checkViewer(page);
          await checkTable(page);
          await checkImages(page);
          const scroll = await page.evaluate("document.documentElement.scrollWidth");
          assert(scroll <= width, `Expected a page of ${width} pixels but found ${scroll}`);
          const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
          assertEquals(ground, dark ? "rgb(19, 21, 24)" : "rgb(251, 250, 247)");
          assertEquals(page.errors, []);
          assertEquals(page.requests.filter((url) => !/^(data|blob):/.test(url)), [`file://${file}`]);
        } finally {
          await page.close();
        }
      }
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test({
  name: "html() of a figure in a browser: the slider changes the picture by keys, and all follows the width",
  ignore: lacks("chromium", chromium !== null),
  fn: async () => {
    const size = { height: 8, width: 8 };
    const scored = {
      ...size,
      score: Float32Array.from({ length: 64 }, (_, i) => i / 64),
      label: new Uint8Array(64).fill(1),
    };
    const figure = thresholdFigure({ ...size, data: new Uint8Array(192).fill(90) }, {
      ...{ scored, classes: ["cat"], thresholds: [0.2, 0.8], current: 0.2 },
    });
    const file = await Deno.makeTempFile({ suffix: ".html" });
    await Deno.writeTextFile(file, await figure.html());
    const page = await Page.open(file, { width: 1000 });
    try {
      const picture = `document.querySelector(".imagelayer image")?.getAttribute("href")?.length > 100 &&
        document.querySelectorAll("input[type=range]").length === 1`;
      await page.until(picture);
      const shown = `document.querySelector("[role=img]").data.map(({ visible }) => visible).join()`;
      assertEquals(await page.evaluate(shown), "true,true,true,false");
      await page.evaluate(`document.querySelector("input[type=range]").focus()`);
      await page.press("ArrowRight");
      await page.until(`${shown} === "true,true,false,true"`);
      assertEquals(await page.evaluate(`document.querySelector("output").textContent`), "0.80");
      for (const width of [1600, 1280, 828, 360]) {
        await page.resize(width);
        await page.until(`document.querySelector(".main-svg").getBoundingClientRect().width <= ${width} &&
          document.documentElement.scrollWidth <= ${width}`);
      }
      assertEquals(page.errors, []);
      assertEquals(page.requests.filter((url) => !/^(data|blob):/.test(url)), [`file://${file}`]);
    } finally {
      await page.close();
      await Deno.remove(file);
    }
  },
});

async function checkGallery(page: Page) {
  assertEquals(await page.evaluate(IDS), "one,two,three");
  await page.evaluate(choose("order", "worst"));
  assertEquals(await page.evaluate(IDS), "three,one,two");
  await page.evaluate(choose("order", "best"));
  assertEquals(await page.evaluate(IDS), "one,three,two");
  await page.evaluate(choose("class", "cross"));
  assertEquals(await page.evaluate(IDS), "three,two");
  assertEquals(await page.evaluate(`document.querySelector("#gallery output").textContent`), "2 of 3 images");
  await page.evaluate(choose("class", ""));

  const seen = `[...document.querySelectorAll("figure[data-layer]")].filter((f) => f.checkVisibility()).length`;
  assertEquals(await page.evaluate(seen), 9);
  await page.evaluate(`document.querySelector("[value=CAM]").click()`);
  assertEquals(await page.evaluate(seen), 6);
  await page.evaluate(`document.querySelector("[value=CAM]").click()`);
}

async function checkViewer(page: Page) {
  const shown = `document.getElementById("viewer-title").textContent + " " +
    document.querySelector("#viewer .caption").textContent`;
  await page.evaluate(`document.querySelector(".enlarge").click()`);
  assertEquals(await page.evaluate(shown), "one · round Photograph as a test");
  await page.press("ArrowRight");
  assertEquals(await page.evaluate(shown), "one · round CAM as a test");
  await page.press("ArrowDown");
  assertEquals(await page.evaluate(shown), "three · cross CAM as a test");
  await page.until(`document.querySelector("#viewer img").naturalWidth === 16`);
  await page.press("Escape");
  await page.until(`!document.getElementById("viewer").open`);
  await page.until(`document.activeElement.ariaLabel === "Enlarge CAM of three"`);
}

async function checkTable(page: Page) {
  const first = `document.querySelector(".sortable tbody th").textContent.trim()`;
  const press = (column: number) =>
    page.evaluate(`document.querySelectorAll(".sortable thead button")[${column}].click()`);
  assertEquals(await page.evaluate(first), "background");
  await press(1);
  assertEquals(await page.evaluate(first), "round");
  await press(0);
  assertEquals(await page.evaluate(first), "background");
}

async function checkImages(page: Page) {
  const seen = `[...document.querySelectorAll("#images tbody th")].map((th) => th.textContent).join()`;
  const found = `document.querySelector("#images output").textContent`;
  const find = (text: string) =>
    page.evaluate(`{ const i = document.querySelector("[name=find]"); i.value = "${text}";
      i.dispatchEvent(new Event("input", { bubbles: true })); }`);
  assertEquals(await page.evaluate(`${seen}.split(",").length`), 50);
  await page.evaluate(`document.querySelector("#images [data-step='1']").click()`);
  assertEquals(await page.evaluate(`${seen}.split(",").length`), 13);
  await page.evaluate(`document.querySelectorAll("#images thead button")[2].click()`); // mIoU, the best first
  assertEquals(await page.evaluate(`${seen}.split(",").slice(0, 2).join()`), "a2,a<1");
  await page.evaluate(`document.querySelectorAll("#images thead button")[2].click()`);
  assertEquals(await page.evaluate(`${seen}.split(",")[0]`), "more_0");
  await find("round merged>0 miou<2");
  assertEquals([await page.evaluate(seen), await page.evaluate(found)], ["more_0,more_1", "2 of 63 images"]);
  await find("faint");
  assertEquals(await page.evaluate(seen), "a3");
  const file = await page.evaluate(`new Promise((resolve) => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => { blob.text().then(resolve); URL.createObjectURL = make; return "#"; };
    document.querySelector("#images .save").click();
  })`);
  const head = "Image,classes,mIoU,true,found,right,merged,split,missed,what is wrong";
  assertEquals(file, `${head}\r\na3,round,,,,,,,,no instance of it: too faint\r\n`);
  await find("");
}
