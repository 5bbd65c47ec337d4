import * as tf from "../../lib/tensor/tf.ts";
import { assert, assertAlmostEquals, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { irnetLoss, LOSS_PARTS, type LossParts, pairCounts, pairLosses } from "../../lib/irnet/losses.ts";
import { pairLabels } from "../../lib/relation/pair_labels.ts";
import { pathIndex } from "../../lib/relation/path_index.ts";
import { affinity } from "../../lib/affinity/affinity.ts";
import { onEachBackend } from "../tensor/_backends.ts";

/** Numbers in −1…1 that look random and never change. */
function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => {
    const t = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (t - Math.floor(t)) - 1;
  });
}

/** Blocks of background, three classes and void. */
function blocks(height: number, width: number, seed: number): Uint8Array {
  const values = noise(height * width, seed);
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const y = Math.floor(i / width), x = i % width;
    return [0, 0, 1, 2, 20, 255][Math.floor(2.999 * (values[Math.floor(y / 4) * width + Math.floor(x / 5)]! + 1))]!;
  });
}

/** The golden with displacements in this project's layout. */
async function losses(): Promise<
  Golden & { batch: number; size: { height: number; width: number }; field: Float32Array }
> {
  const golden = await readGolden("g07_losses");
  const [batch, height, width] = golden.shape("labels") as [number, number, number];
  return { ...golden, batch, size: { height, width }, field: channelsLast(golden.f32("dp"), batch) };
}

/** [B, 2, H, W] → [B, H, W, 2]. */
function channelsLast(values: Float32Array, batch: number): Float32Array {
  const pixels = values.length / (2 * batch);
  return values.map((_, i) => {
    const image = Math.floor(i / (2 * pixels)), pixel = Math.floor(i / 2) % pixels;
    return values[(2 * image + i % 2) * pixels + pixel]!;
  });
}

/** One label map an image. */
const split = (labels: ArrayLike<number>, batch: number): Uint8Array[] => {
  const pixels = labels.length / batch;
  return Array.from(
    { length: batch },
    (_, b) => Uint8Array.from({ length: pixels }, (_, i) => labels[b * pixels + i]!),
  );
};

Deno.test("pairLosses() of four pairs by hand", () => {
  // Radius 2; the only source is (0, 1), its destinations right, below, below left and below right.
  const labels = [Uint8Array.of(
    ...[255, 1, 1],
    ...[255, 0, 255],
  )];
  const size = { height: 2, width: 3 }, index = pathIndex(2);
  const logit = (p: number) => Math.log(p / (1 - p));
  const logits = Float32Array.of(0, 0.2, 0.5, 0, 0.75, 0).map((p) => p > 0 ? logit(p) : -20);
  // D(source) − D(right) = (1, 2); the offset is (0, 1): |1| + |2 − 1|.
  const displacement = Float32Array.of(0, 0, 1, 3, 0, 1, 0, 0, 7, 7, 0, 0);
  const counts = pairCounts(labels, { index, size });
  assertEquals(counts, { background: 0, foreground: 1, negative: 1 });

  const { total, parts, logitsGradient, displacementGradient } = pairLosses(logits, displacement, {
    labels,
    index,
    size,
    counts,
  });
  const positive = -0.5 * Math.log(0.5), negative = -Math.log(0.75);
  assertClose([parts.positive, parts.negative, parts.foreground, parts.background], [positive, negative, 1, 0], {
    absolute: 3e-5,
  });
  assertAlmostEquals(total, (positive + negative + 1) / 2, 3e-5);
  // The source's 0.5 and the lower neighbour's 0.75 are the highest of their paths; by the logit, −ln(1 − p) grows by p
  // and −ln p falls by 1 − p.
  assertClose(logitsGradient, [0, 0, 0.25 * 0.5, 0, -0.5 * 0.25, 0], { absolute: 1e-5 });
  assertClose(displacementGradient, [0, 0, 0.25, 0.25, -0.25, -0.25, 0, 0, 0, 0, 0, 0], { absolute: 1e-5 });
});

Deno.test("pairLosses() equals the reference's losses and gradients", async () => {
  const golden = await losses();
  const index = pathIndex(golden.params.radius);
  const labels = split(golden.i32("labels"), golden.batch);
  const counts = pairCounts(labels, { index, size: golden.size });
  assertEquals(counts, {
    background: golden.params.sums.bg,
    foreground: golden.params.sums.fg,
    negative: golden.params.sums.neg,
  });
  const actual = pairLosses(golden.f32("edge_logits"), golden.field, { labels, index, counts, size: golden.size });
  assertAlmostEquals(actual.parts.positive, golden.params.pos_aff, 1e-5);
  assertAlmostEquals(actual.parts.negative, golden.params.neg_aff, 1e-5);
  assertAlmostEquals(actual.parts.foreground, golden.params.dp_fg, 1e-5);
  assertAlmostEquals(actual.parts.background, golden.params.dp_bg, 1e-5);
  assertAlmostEquals(actual.total, golden.params.total, 1e-5);
  assertClose(actual.logitsGradient, golden.f32("grad_edge_logits"), { absolute: 1e-6 });
  assertClose(actual.displacementGradient, channelsLast(golden.f32("grad_dp"), golden.batch), { absolute: 1e-6 });
});

Deno.test("affinity() of the golden's boundaries equals the reference's", async () => {
  const golden = await losses();
  const pixels = golden.size.height * golden.size.width;
  const boundary = golden.f32("edge_logits").map((logit) => 1 / (1 + Math.exp(-logit)));
  const expected = golden.f32("aff"), pairs = expected.length / golden.batch;
  for (let b = 0; b < golden.batch; b++) {
    const actual = affinity(boundary.subarray(b * pixels, (b + 1) * pixels), {
      ...golden.size,
      radius: golden.params.radius,
    });
    assertClose(actual, expected.subarray(b * pairs, (b + 1) * pairs), { absolute: 1e-6 });
  }
});

Deno.test("pairCounts() counts what pairLabels() marks, whatever the size", () => {
  for (const [height, width, radius] of [[16, 24, 10], [9, 40, 5], [33, 37, 3.5], [5, 5, 10], [1, 1, 2]] as const) {
    const index = pathIndex(radius), size = { height, width };
    const labels = [blocks(height, width, 1), blocks(height, width, 2)];
    const masks = labels.map((map) => pairLabels(map, { index, size }));
    const sum = (kind: "background" | "foreground" | "negative") =>
      masks.reduce((total, mask) => total + mask[kind].reduce((a, b) => a + b, 0), 0);
    assertEquals(pairCounts(labels, { index, size }), {
      background: sum("background"),
      foreground: sum("foreground"),
      negative: sum("negative"),
    });
  }
});

Deno.test("pairLosses() is the sum over all pairs, one by one", () => {
  for (const [height, width, radius] of [[16, 24, 10], [12, 41, 5], [20, 19, 3]] as const) {
    const index = pathIndex(radius), size = { height, width }, pixels = height * width;
    const labels = [blocks(height, width, 3)];
    const logits = noise(pixels, 4).map((value) => 5 * value), displacement = noise(2 * pixels, 5).map((v) => 4 * v);
    const counts = pairCounts(labels, { index, size });
    const { parts } = pairLosses(logits, displacement, { labels, index, counts, size });

    const pairs = affinity(logits.map((logit) => 1 / (1 + Math.exp(-logit))), { ...size, radius });
    const masks = pairLabels(labels[0]!, { index, size });
    const columns = Math.max(width - 2 * index.reach, 0), perDestination = columns * (height - index.reach);
    const expected = { positive: 0, negative: 0, foreground: 0, background: 0 };
    for (let pair = 0; pair < pairs.length; pair++) {
      const d = Math.floor(pair / perDestination), s = pair % perDestination;
      const dy = index.destinations[2 * d]!, dx = index.destinations[2 * d + 1]!;
      const from = Math.floor(s / columns) * width + index.reach + s % columns, to = from + dy * width + dx;
      const errors = [0, 1].map((c) => displacement[2 * from + c]! - displacement[2 * to + c]!) as [number, number];
      if (masks.background[pair]) {
        expected.positive -= 0.5 * Math.log(pairs[pair]! + 1e-5) / counts.background;
        expected.background += (Math.abs(errors[0]) + Math.abs(errors[1])) / (2 * counts.background);
      } else if (masks.foreground[pair]) {
        expected.positive -= 0.5 * Math.log(pairs[pair]! + 1e-5) / counts.foreground;
        expected.foreground += (Math.abs(errors[0] - dy) + Math.abs(errors[1] - dx)) / (2 * counts.foreground);
      } else if (masks.negative[pair]) {
        expected.negative -= Math.log(1 + 1e-5 - pairs[pair]!) / counts.negative;
      }
    }
    for (const key of Object.keys(expected) as (keyof LossParts)[]) {
      assertAlmostEquals(parts[key], expected[key], 1e-5 * (1 + expected[key]), key);
    }
  }
});

Deno.test("the gradients of pairLosses() are its finite differences", () => {
  const index = pathIndex(4), size = { height: 10, width: 13 }, pixels = 130;
  const labels = [blocks(10, 13, 6)];
  // Distinct boundaries a step apart, so that no difference changes which is the highest.
  const rank = [...noise(pixels, 7).keys()].sort((a, b) => noise(pixels, 7)[a]! - noise(pixels, 7)[b]!);
  const logits = new Float32Array(pixels);
  rank.forEach((pixel, r) => logits[pixel] = 6 * r / pixels - 3);
  const displacement = noise(2 * pixels, 8).map((value) => 3 * value);
  const options = { labels, index, size, counts: pairCounts(labels, { index, size }), backgroundDisplacement: 0.3 };
  const { logitsGradient, displacementGradient } = pairLosses(logits, displacement, options);
  assert(logitsGradient.some((g) => Math.abs(g) > 1e-3) && displacementGradient.some((g) => Math.abs(g) > 1e-3));

  const step = 1 / 128;
  const slope = (values: Float32Array, i: number) => {
    const at = (shift: number) => {
      const before = values[i]!;
      values[i] = before + shift;
      const { total } = pairLosses(logits, displacement, options);
      values[i] = before;
      return total;
    };
    return (at(step) - at(-step)) / (2 * step);
  };
  const numeric = (values: Float32Array) => values.map((_, i) => slope(values, i));
  assertClose(numeric(logits), logitsGradient, { absolute: 1e-4 });
  // |x| has a kink: a few differences straddle it.
  const far = numeric(displacement).filter((value, i) => Math.abs(value - displacementGradient[i]!) > 1e-4);
  assert(far.length < 0.1 * displacement.length, `${far.length} of ${displacement.length} differ`);
});

Deno.test("the gradient of equal boundaries goes to the first point of the path, the destination", () => {
  const labels = [Uint8Array.of(255, 1, 2, 255, 255, 255)], size = { height: 2, width: 3 }, index = pathIndex(2);
  const counts = pairCounts(labels, { index, size });
  const { logitsGradient } = pairLosses(new Float32Array(6), new Float32Array(12), { labels, index, size, counts });
  assertClose(logitsGradient, [0, 0, -0.25, 0, 0, 0], { absolute: 1e-5 });
});

Deno.test("losses and gradients of micro-batches add up to those of the batch", () => {
  const size = { height: 14, width: 21 }, pixels = 14 * 21, index = pathIndex(5);
  const labels = [1, 2, 3].map((seed) => blocks(14, 21, seed));
  const logits = noise(3 * pixels, 4), displacement = noise(6 * pixels, 5);
  const counts = pairCounts(labels, { index, size });
  const whole = pairLosses(logits, displacement, { labels, index, size, counts });
  let total = 0;
  labels.forEach((map, b) => {
    const part = pairLosses(
      logits.subarray(b * pixels, (b + 1) * pixels),
      displacement.subarray(2 * b * pixels, 2 * (b + 1) * pixels),
      { labels: [map], index, size, counts },
    );
    total += part.total;
    assertEquals(part.logitsGradient, whole.logitsGradient.slice(b * pixels, (b + 1) * pixels));
    assertEquals(part.displacementGradient, whole.displacementGradient.slice(2 * b * pixels, 2 * (b + 1) * pixels));
  });
  assertAlmostEquals(total, whole.total, 1e-9);
  const single = labels.map((map) => pairCounts([map], { index, size }));
  assertEquals(counts.negative, single.reduce((sum, { negative }) => sum + negative, 0));
});

Deno.test("images without a known pair cost nothing and pull at nothing", () => {
  for (const size of [{ height: 12, width: 20 }, { height: 3, width: 4 }]) {
    const pixels = size.height * size.width, index = pathIndex(5);
    const labels = [new Uint8Array(pixels).fill(255)];
    const counts = pairCounts(labels, { index, size });
    assertEquals(counts, { background: 0, foreground: 0, negative: 0 });
    const result = pairLosses(noise(pixels, 1), noise(2 * pixels, 2), { labels, index, size, counts });
    assertEquals(result.total, 0);
    assertEquals(result.parts, { positive: 0, negative: 0, foreground: 0, background: 0 });
    assert(result.logitsGradient.every((g) => g === 0) && result.displacementGradient.every((g) => g === 0));
  }
});

Deno.test("pairLosses() of saturated boundaries is finite, of values that are not finite is not", () => {
  const size = { height: 8, width: 12 }, pixels = 96, index = pathIndex(3);
  const labels = [blocks(8, 12, 2)], options = { labels, index, size, counts: pairCounts(labels, { index, size }) };
  for (const logit of [-200, 200]) {
    const { total, logitsGradient } = pairLosses(new Float32Array(pixels).fill(logit), noise(2 * pixels, 1), options);
    assert(Number.isFinite(total) && logitsGradient.every(Number.isFinite));
  }
  assert(Number.isNaN(pairLosses(noise(pixels, 1).fill(NaN, 0, 1), noise(2 * pixels, 1), options).total));
  assert(Number.isNaN(pairLosses(noise(pixels, 1), noise(2 * pixels, 1).fill(Infinity, 191), options).total));
});

for (const [height, width, radius] of [[12, 17, 5], [33, 37, 10], [9, 40, 3.5], [3, 4, 5]] as const) {
  onEachBackend(
    `irnetLoss() of ${height}×${width} has value and gradients of pairLosses(), scaled by the outer one`,
    async () => {
      const size = { height, width }, pixels = height * width, index = pathIndex(radius);
      const labels = [blocks(height, width, 1), blocks(height, width, 2)];
      const options = { labels, index, counts: pairCounts(labels, { index, size }), backgroundDisplacement: 0.5 };
      const logits = noise(2 * pixels, 3), displacement = noise(4 * pixels, 4);
      logits.fill(0.3, 20, 60); // equal boundaries
      const expected = pairLosses(logits, displacement, { ...options, size });

      const a = tf.tensor4d(logits, [2, height, width, 1]), b = tf.tensor4d(displacement, [2, height, width, 2]);
      const noted: tf.Tensor[] = [], note = (parts: tf.Tensor) => void noted.push(tf.keep(parts));
      const loss = (x: tf.Tensor, y: tf.Tensor) =>
        irnetLoss(x as tf.Tensor4D, y as tf.Tensor4D, { ...options, note }).mul(3);
      const { value, grads } = tf.valueAndGrads((x, y) => loss(x, y) as tf.Scalar)([a, b]);
      assertAlmostEquals((await value.data())[0]!, 3 * expected.total, 1e-4);
      assertClose(await grads[0]!.data(), expected.logitsGradient.map((g) => 3 * g), { absolute: 2e-7 });
      assertClose(await grads[1]!.data(), expected.displacementGradient.map((g) => 3 * g), { absolute: 2e-7 });
      assertEquals(grads[1]!.shape, b.shape);
      const parts = LOSS_PARTS.map((name) => expected.parts[name]);
      assertClose(await noted[0]!.data(), parts, { relative: 1e-4, absolute: 1e-5 });
      const [positive, negative, foreground, background] = parts as [number, number, number, number];
      assertAlmostEquals((positive + negative + foreground + 0.5 * background) / 2, expected.total, 1e-5);
      tf.dispose([value, ...grads, a, b, ...noted]);
    },
  );
}

onEachBackend("irnetLoss() of saturated boundaries is finite, of values that are not finite is not", async () => {
  const size = { height: 8, width: 12 }, pixels = 96, index = pathIndex(3);
  const labels = [blocks(8, 12, 2)], options = { labels, index, counts: pairCounts(labels, { index, size }) };
  const total = async (logits: Float32Array, displacement: Float32Array) => {
    const value = tf.tidy(() =>
      irnetLoss(tf.tensor4d(logits, [1, 8, 12, 1]), tf.tensor4d(displacement, [1, 8, 12, 2]), options)
    );
    const [number] = await value.data();
    value.dispose();
    return number!;
  };
  for (const logit of [-200, 200]) {
    assert(Number.isFinite(await total(new Float32Array(pixels).fill(logit), noise(2 * pixels, 1))));
  }
  assert(!Number.isFinite(await total(noise(pixels, 1).fill(NaN, 0, 1), noise(2 * pixels, 1))));
  assert(!Number.isFinite(await total(noise(pixels, 1), noise(2 * pixels, 1).fill(Infinity, 191))));
});

Deno.test("the losses say what does not fit together", () => {
  const index = pathIndex(2), size = { height: 2, width: 3 };
  const counts = { background: 0, foreground: 0, negative: 0 };
  const options = { labels: [new Uint8Array(6)], index, size, counts };
  assertThrows(() => pairCounts([new Uint8Array(5)], { index, size }), RangeError, "found 5");
  assertThrows(() => pairLosses(new Float32Array(5), new Float32Array(12), options), RangeError, "found 5");
  assertThrows(() => pairLosses(new Float32Array(6), new Float32Array(6), options), RangeError, "found 6");
  assertThrows(
    () => tf.tidy(() => irnetLoss(tf.zeros([2, 2, 3, 1]), tf.zeros([2, 2, 3, 2]), options)),
    RangeError,
    "Expected 1 images",
  );
});
