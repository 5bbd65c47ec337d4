import { CRF_DEFAULTS } from "../../lib/crf/mod.ts";
import { confidentLabels } from "../../lib/relation/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

const settings = { foreground: 0.3, background: 0.05, crf: CRF_DEFAULTS };

Deno.test("confidentLabels() equals the reference but for a few near-ties", async () => {
  const golden = await readGolden("g17_ir_label");
  const [height, width] = golden.shape("img") as [number, number];
  const image = { width, height, data: Uint8Array.from(golden.i32("img")) };
  const keys = Int32Array.from(golden.params.keys as number[]);
  for (const [maps, label] of [["cams", "label"], ["cams_b", "label_b"]] as const) {
    const found = confidentLabels(image, { keys, highRes: golden.f32(maps) }, settings);
    const different = golden.i32(label).filter((value, i) => value !== found.data[i]).length;
    assert(different <= 5, `Expected ${label} but found ${different} other pixels`);
    assertEquals([found.width, found.height], [width, height]);
  }
});

Deno.test("confidentLabels() calls background what both thresholds call so, and void what only the low one calls foreground", () => {
  // One even row a band; the CRF without iterations keeps the given labels.
  const image = { width: 4, height: 1, data: new Uint8Array(12) };
  const highRes = Float32Array.of(0.02, 0.2, 0.9, 0.4, /* second class */ 0.01, 0.1, 0.3, 0.5);
  const crf = { ...CRF_DEFAULTS, iterations: 0 };
  const found = confidentLabels(image, { keys: Int32Array.of(2, 14), highRes }, { ...settings, crf });
  assertEquals(found.data, Uint8Array.of(0, 255, 3, 15));
});

Deno.test("confidentLabels() leaves a score equal to the threshold to the background, and equal scores to the first class", () => {
  const image = { width: 2, height: 1, data: new Uint8Array(6) };
  const highRes = Float32Array.of(0.3, 0.6, 0.3, 0.6);
  const crf = { ...CRF_DEFAULTS, iterations: 0 };
  const found = confidentLabels(image, { keys: Int32Array.of(0, 1), highRes }, {
    foreground: 0.3,
    background: 0.3,
    crf,
  });
  assertEquals(found.data, Uint8Array.of(0, 1));
});

Deno.test("confidentLabels() of an image without classes is all background", () => {
  const image = { width: 3, height: 2, data: new Uint8Array(18).fill(90) };
  const found = confidentLabels(image, { keys: new Int32Array(), highRes: new Float32Array() }, settings);
  assertEquals(found, { width: 3, height: 2, data: new Uint8Array(6) });
});

Deno.test("confidentLabels() names maps that do not fit the image", () => {
  const image = { width: 3, height: 2, data: new Uint8Array(18) };
  const cams = { keys: Int32Array.of(4), highRes: new Float32Array(5) };
  assertThrows(() => confidentLabels(image, cams, settings), RangeError, "1×2×3 for the image but found 5");
});
