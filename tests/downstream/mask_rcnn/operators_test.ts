/** Boxes, anchors and RoIAlign against torchvision's operators (`torchvision_golden.py`) and cases worked out by hand. */
import {
  ANCHOR_RATIOS,
  BOX_WEIGHTS,
  boxIou,
  clipBoxes,
  decodeBoxes,
  encodeBoxes,
  joinBoxes,
  levelAnchors,
  maskBox,
  maskTarget,
  matchBoxes,
  pasteMask,
  PROPOSAL_WEIGHTS,
  proposals,
  regionLevels,
  roiAlign,
  sampleMatches,
  suppress,
} from "../../../lib/downstream/mask_rcnn/mod.ts";
import { tf, useBackend } from "../../../lib/tensor/mod.ts";
import { random } from "../../../lib/data/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../../assert.ts";
import { readGolden } from "../../golden.ts";
import { onEachBackend } from "../../tensor/_backends.ts";
import { read } from "../../tensor/_read.ts";
import { noise } from "../../noise.ts";
import { numericGradient } from "../_numeric.ts";

Deno.test("boxIou() of two squares that share a quarter is 1/7", () => {
  const boxes = Float32Array.of(0, 0, 2, 2, 1, 1, 3, 3, 5, 5, 6, 6, 2, 0, 4, 2);
  assertEquals([1, 2, 3, 0].map((index) => boxIou(boxes, 0, { boxes, index })), [1 / 7, 0, 0, 1]);
});

Deno.test("clipBoxes() and maskBox() count pixels, not their centres", () => {
  assertEquals(clipBoxes(Float32Array.of(-1, 2, 9, 3), { height: 2, width: 5 }), Float32Array.of(0, 2, 5, 2));
  assertEquals(maskBox(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1), 4), [0, 1, 4, 3]);
  assertEquals(maskBox(new Uint8Array(6), 3), null);
});

Deno.test("encodeBoxes() and decodeBoxes() equal torchvision's, and undo each other", async () => {
  const golden = await readGolden("d03_box_coding");
  const anchors = golden.f32("anchors"), boxes = golden.f32("truths");
  for (const [name, weights, factor] of [["proposal", PROPOSAL_WEIGHTS, 1], ["box", BOX_WEIGHTS, 5]] as const) {
    const encoded = encodeBoxes(anchors, { boxes, weights });
    assertClose(encoded, golden.f32(`${name}_encoded`), { absolute: 1e-5, relative: 1e-5, name });
    const codes = golden.f32("codes").map((code) => code * factor);
    const decoded = decodeBoxes(anchors, { codes, weights });
    assertClose(decoded, golden.f32(`${name}_decoded`), { absolute: 1e-3, relative: 1e-5, name });
    assertClose(decodeBoxes(anchors, { codes: encoded, weights }), boxes, { absolute: 1e-3, name: "round trip" });
  }
  // One to the right of an anchor 4 wide and 2 high, twice as high.
  const codes = encodeBoxes(Float32Array.of(0, 0, 4, 2), {
    boxes: Float32Array.of(1, -1, 5, 3),
    weights: PROPOSAL_WEIGHTS,
  });
  assertClose(codes, [0.25, 0, 0, Math.LN2], { absolute: 1e-6, name: "codes" });
});

Deno.test("levelAnchors() and matchBoxes() equal torchvision's", async () => {
  const golden = await readGolden("d04_anchors");
  const anchors = joinBoxes(
    levelAnchors({ stride: 8, height: 6, width: 8 }, 32),
    levelAnchors({ stride: 16, height: 3, width: 4 }, 64),
  );
  assertEquals(anchors, golden.f32("anchors"));
  const objects = golden.f32("truths");
  const matches = matchBoxes(anchors, { objects, low: 0.3, high: 0.7, everyObject: true });
  assertEquals(matches, golden.i32("matches"));
  assert([-2, -1, 0, 1, 2, 3, 4].every((match) => matches.includes(match)), "every case occurs");
  assertEquals(matchBoxes(anchors, { objects, low: 0.5, high: 0.5 }), golden.i32("plain"));
});

Deno.test("matchBoxes() without objects finds background only", () => {
  const boxes = Float32Array.of(0, 0, 2, 2, 1, 1, 3, 3), objects = new Float32Array();
  assertEquals(matchBoxes(boxes, { objects, low: 0.3, high: 0.7, everyObject: true }), Int32Array.of(-1, -1));
});

Deno.test("matchBoxes() matches no anchor to an object that none overlaps", () => {
  const boxes = Float32Array.of(0, 0, 2, 2), objects = Float32Array.of(50, 50, 60, 60);
  assertEquals(matchBoxes(boxes, { objects, low: 0.3, high: 0.7, everyObject: true }), Int32Array.of(-1));
});

Deno.test("sampleMatches() takes objects up to their fraction, the rest background, and the same for the same key", () => {
  const matches = Int32Array.from({ length: 100 }, (_, i) => i < 20 ? 3 : i < 30 ? -2 : -1);
  const draw = (key: number) => sampleMatches(matches, { count: 32, fraction: 0.25, draw: random(0, key) });
  const { objects, background } = draw(1);
  assertEquals([objects.length, background.length], [8, 24]);
  assert(objects.every((i) => i < 20) && background.every((i) => i >= 30));
  assertEquals(new Set([...objects, ...background]).size, 32);
  assertEquals(draw(1), { objects, background });
  assert(String(draw(2).objects) !== String(objects));
  const few = sampleMatches(Int32Array.of(0, -2, -1), { count: 32, fraction: 0.5, draw: random(0) });
  assertEquals(few, { objects: [0], background: [2] });
});

Deno.test("suppress() equals torchvision's nms and batched_nms", async () => {
  const golden = await readGolden("d02_nms");
  const boxes = golden.f32("boxes"), scores = golden.f32("scores"), groups = golden.i32("groups");
  assertEquals(suppress(boxes, { scores, iou: 0.5 }), [...golden.i32("kept")]);
  assertEquals(suppress(boxes, { scores, groups, iou: 0.5 }), [...golden.i32("kept_by_group")]);
  assertEquals(suppress(boxes, { scores, iou: 0.5, most: 3 }), [...golden.i32("kept").slice(0, 3)]);
});

Deno.test("suppress() keeps what overlaps by just the threshold, and the first of equal scores", () => {
  const boxes = Float32Array.of(0, 0, 2, 1, 1, 0, 2, 1, 0, 0, 2, 1); // the second is half of the first
  assertEquals(suppress(boxes, { scores: [0.5, 0.4, 0.5], iou: 0.5 }), [0, 1]);
});

Deno.test("proposals() moves, clips and sorts anchors, level by level", () => {
  const anchors = [Float32Array.of(0, 0, 4, 4, 2, 2, 6, 6, 0, 0, 4, 4), Float32Array.of(0, 0, 4, 4)];
  const codes = new Float32Array(16);
  codes[4] = 1; // the second goes its width to the right: 6, 2, 10, 6, of which the image has 2 columns
  const found = proposals({ objectness: Float32Array.of(1, 3, 0.5, 2), codes }, {
    size: { height: 8, width: 8 },
    anchors,
    perLevel: 3,
    most: 10,
  });
  assertEquals(found, Float32Array.of(6, 2, 8, 6, 0, 0, 4, 4, 0, 0, 4, 4)); // the third is suppressed by the first
  codes[4] = 2; // 10, 2, 14, 6 lies outside
  const options = { size: { height: 8, width: 8 }, anchors, perLevel: 1, most: 10 };
  assertEquals(proposals({ objectness: Float32Array.of(1, 3, 0.5, 2), codes }, options), Float32Array.of(0, 0, 4, 4));
  assertEquals(ANCHOR_RATIOS.length, 3);
});

Deno.test("regionLevels() equals torchvision's", async () => {
  const golden = await readGolden("d05_region_levels");
  assertEquals(regionLevels(golden.f32("boxes"), [4, 8, 16]), golden.i32("levels"));
  assertEquals(regionLevels(Float32Array.of(0, 0, 0, 0, 0, 0, 5000, 5000), [4, 8]), Int32Array.of(0, 1));
});

onEachBackend("roiAlign() and its gradient equal torchvision's", async () => {
  const golden = await readGolden("d01_roi_align"), { strides, size, samples } = golden.params;
  const regions = { boxes: golden.f32("rois"), image: golden.i32("image"), level: golden.i32("level") };
  for (const [name, aligned] of [["corner", false], ["aligned", true]] as const) {
    const [y, ...gradients] = await read(() => {
      const maps = [0, 1].map((i) =>
        tf.tensor<tf.Rank.R4>(golden.f32(`map${i}`), golden.shape(`map${i}`) as tf.Tensor4D["shape"])
      );
      const align = (...inputs: tf.Tensor[]) =>
        roiAlign(inputs as tf.Tensor4D[], { regions, strides, size, samples, aligned });
      return [align(...maps), ...tf.grads(align)(maps, tf.tensor(golden.f32("dy"), golden.shape("dy")))];
    });
    assertClose(y!, golden.f32(`${name}_y`), { absolute: 2e-6, name });
    gradients.forEach((gradient, i) =>
      assertClose(gradient, golden.f32(`${name}_grad${i}`), { absolute: 5e-6, name: `gradient ${i}` })
    );
  }
});

Deno.test("roiAlign() has the numeric gradient", async () => {
  await useBackend("cpu");
  const values = noise(2 * 5 * 6 * 2, 1), dy = noise(3 * 3 * 3 * 2, 2);
  const regions = {
    boxes: Float32Array.of(1, 2, 17, 15, -6, 3, 9, 30, 4, 4, 5, 5),
    image: [0, 1, 1],
    level: [0, 0, 0],
  };
  const read = (map: tf.Tensor) => roiAlign([map as tf.Tensor4D], { regions, strides: [4], size: 3 });
  const shape: [number, number, number, number] = [2, 5, 6, 2];
  const value = (changed: Float32Array) =>
    tf.tidy(() => read(tf.tensor4d(changed, shape)).dataSync<"float32">().reduce((sum, y, i) => sum + y * dy[i]!, 0));
  const numeric = numericGradient(value, values, 0.25); // it is linear: any step will do
  const gradient = tf.tidy(() => tf.grad(read)(tf.tensor4d(values, shape), tf.tensor4d(dy, [3, 3, 3, 2])).dataSync());
  assertClose(gradient, numeric, { absolute: 1e-5, name: "gradient" });
  assert(numeric.some((slope) => Math.abs(slope) > 0.1));
});

onEachBackend("roiAlign() is the same of regions that leave the image", async () => {
  const boxes = Float32Array.of(1, 2, 17, 15, -6, 3, 9, 30, 4, 4, 5, 5, -20, -20, 60, 60);
  const regions = { boxes, image: [0, 1, 1, 0], level: [0, 1, 0, 1] };
  const align = (...maps: tf.Tensor[]) => roiAlign(maps as tf.Tensor4D[], { regions, strides: [4, 8], size: 3 });
  const compute = () => {
    const maps = [
      tf.tensor4d(noise(2 * 5 * 6 * 7, 1), [2, 5, 6, 7]),
      tf.tensor4d(noise(2 * 3 * 3 * 7, 2), [2, 3, 3, 7]),
    ];
    return [align(...maps), ...tf.grads(align)(maps, tf.tensor4d(noise(4 * 3 * 3 * 7, 3), [4, 3, 3, 7]))];
  };
  const found = await read(compute);
  await useBackend("cpu");
  const expected = await read(compute);
  found.forEach((values, i) => assertClose(values, expected[i]!, { absolute: 2e-6, name: `output ${i}` }));
});

Deno.test("roiAlign() of a region of four pixels takes their mean", () => {
  tf.tidy(() => {
    const map = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const regions = { boxes: Float32Array.of(0, 0, 8, 8), image: [0], level: [0] };
    assertEquals([...roiAlign([map], { regions, strides: [4], size: 1 }).dataSync()], [(1 + 2 + 4 + 5) / 4]);
    assertEquals([...roiAlign([map], { regions, strides: [4], size: 2 }).dataSync()].map(Math.round), [2, 2, 4, 5]);
  });
});

Deno.test("roiAlign() rejects regions of no image and of no map", () => {
  tf.tidy(() => {
    const map = tf.zeros<tf.Rank.R4>([1, 3, 3, 1]),
      boxes = Float32Array.of(0, 0, 8, 8),
      options = { strides: [4], size: 1 };
    const read = (regions: { boxes: Float32Array; image: number[]; level: number[] }) => () =>
      roiAlign([map], { regions, ...options });
    assertThrows(read({ boxes, image: [1], level: [0] }), RangeError, "found map 0, image 1");
    assertThrows(read({ boxes, image: [0], level: [1] }), RangeError, "found map 1, image 0");
    assertThrows(read({ boxes: new Float32Array(), image: [], level: [] }), RangeError, "at least one region");
  });
});

Deno.test("maskTarget() is the fraction of a cell inside the mask", () => {
  const mask = Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0); // 4×4
  const target = maskTarget(mask, { width: 4, box: Float32Array.of(0, 0, 4, 4), size: 2 });
  assertEquals(target, Float32Array.of(1, 0.5, 0, 0));
  const outside = maskTarget(mask, { width: 4, box: Float32Array.of(-4, 0, 4, 2), size: 2 });
  assertEquals(outside, Float32Array.of(0, 0.5, 0, 0.5), "nothing lies outside of the image");
});

Deno.test("pasteMask() draws back what maskTarget() cut out", () => {
  const height = 40, width = 50, mask = new Uint8Array(height * width), out = new Uint8Array(height * width);
  for (let i = 0; i < mask.length; i++) {
    const y = Math.floor(i / width) + 0.5 - 18, x = i % width + 0.5 - 27;
    if (y * y + x * x < 14 * 14) mask[i] = 1;
  }
  const [left, top, right, bottom] = maskBox(mask, width)!,
    box = Float32Array.of(left - 3, top - 2, right + 1, bottom + 4);
  pasteMask(maskTarget(mask, { width, box, size: 28 }), { box, size: 28, out, height, width });
  const common = out.filter((value, i) => value && mask[i]).length,
    either = out.filter((value, i) => value || mask[i]).length;
  assert(common / either > 0.97, `IoU ${common / either}`);
  const border = new Uint8Array(4); // a region that leaves the image
  pasteMask([1], { box: Float32Array.of(-1, -1, 1, 1), size: 1, out: border, height: 2, width: 2 });
  assertEquals(border, Uint8Array.of(1, 0, 0, 0));
});
