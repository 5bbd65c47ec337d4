import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { noise } from "../noise.ts";
import { type Golden, readGolden } from "../golden.ts";
import { affinity, propagate, propagateEach } from "../../lib/affinity/mod.ts";
import { StencilWalk, walkPolynomial } from "../../lib/affinity/_stencil_walk.ts";
import { pathIndex, sourceIndices } from "../../lib/relation/path_index.ts";

interface Grid {
  height: number;
  width: number;
  radius: number;
  beta: number;
}

/** The reference's way, in float64: pad with boundaries, take all affinities, keep the inner block, normalise columns. */
function denseTransition(boundary: Float32Array, { height, width, radius, beta }: Grid): Float64Array {
  const index = pathIndex(radius), pad = Math.ceil(radius);
  const size = { height: height + pad, width: width + 2 * pad };
  const padded = new Float32Array(size.height * size.width).fill(1);
  for (let y = 0; y < height; y++) padded.set(boundary.subarray(y * width, (y + 1) * width), y * size.width + pad);
  const pairs = affinity(padded, { ...size, radius });
  const sources = sourceIndices(index, size);

  const n = height * width;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  const cell = (i: number) => {
    const y = Math.floor(i / size.width), x = i % size.width - pad;
    return y < height && x >= 0 && x < width ? y * width + x : -1;
  };
  for (let d = 0; d < index.count; d++) {
    const offset = index.destinations[2 * d]! * size.width + index.destinations[2 * d + 1]!;
    for (let s = 0; s < sources.length; s++) {
      const i = cell(sources[s]!), j = cell(sources[s]! + offset);
      if (i >= 0 && j >= 0) matrix[i * n + j] = matrix[j * n + i] = pairs[d * sources.length + s]! ** beta;
    }
  }
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += matrix[i * n + j]!;
    for (let i = 0; i < n; i++) matrix[i * n + j]! /= sum;
  }
  return matrix;
}

/** Row vectors times the matrix, `steps` times. */
function multiply(rows: Float32Array | Float64Array, matrix: Float64Array, n: number, steps: number): Float64Array {
  let current = Float64Array.from(rows);
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(rows.length);
    for (let row = 0; row < rows.length; row += n) {
      for (let i = 0; i < n; i++) {
        const value = current[row + i]!;
        for (let j = 0; j < n; j++) next[row + j]! += value * matrix[i * n + j]!;
      }
    }
    current = next;
  }
  return current;
}

const unit = (n: number, i: number) => new Float32Array(n).fill(1, i, i + 1);
const maximum = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b), 0);
const gridOf = (golden: Golden): Grid => {
  const [height, width] = golden.shape("edge").slice(1) as [number, number];
  return { height, width, radius: 5, beta: 10 };
};

Deno.test("propagate() averages three pixels in a row by hand", () => {
  // Without boundaries every pixel sees the pixels closer than 2 with weight 1.
  const options = { count: 1, height: 1, width: 3, radius: 2, beta: 1 };
  const once = propagate(Float32Array.of(6, 0, 0), new Float32Array(3), { ...options, steps: 1 });
  assertClose(once, [3, 2, 0], { absolute: 1e-6 });
  const twice = propagate(Float32Array.of(6, 0, 0), new Float32Array(3), { ...options, steps: 2 });
  assertClose(twice, [2.5, 5 / 3, 1], { absolute: 1e-6 });
});

Deno.test("propagate() weakens by the boundary and crosses it with affinity ^ beta", () => {
  const boundary = Float32Array.of(0, 0.5);
  const options = { count: 1, height: 1, width: 2, radius: 2, beta: 2, steps: 1 };
  // Weights 1 and (1 − 0.5)² = 0.25; values 4 and 8·(1 − 0.5).
  assertClose(propagate(Float32Array.of(4, 8), boundary, options), [4, 4], { absolute: 1e-6 });
  assertClose(propagate(Float32Array.of(5, 0), boundary, options), [4, 1], { absolute: 1e-6 });
});

Deno.test("propagate() equals the reference's walks of 2^k steps", async () => {
  const golden = await readGolden("g03_randomwalk");
  const { height, width } = gridOf(golden);
  const count = golden.shape("x")[0]!;
  const walks = Object.keys(golden.arrays).filter((key) => /^rw\d+$/.test(key));
  assert(walks.length >= 4);
  for (const key of walks) {
    const exponent = Number(key.slice(2));
    const actual = propagate(golden.f32("x"), golden.f32("edge"), { count, height, width, steps: 2 ** exponent });
    const tolerance = exponent <= 1 ? 1e-6 : exponent <= 4 ? 1e-5 : 1e-4;
    assertClose(actual, golden.f32(key), { absolute: tolerance * maximum(golden.f32(key)), name: key });
  }
});

Deno.test("one step from every pixel is the reference's transition matrix, 256 steps its power", async () => {
  const golden = await readGolden("g03_transition");
  const grid = gridOf(golden), n = grid.height * grid.width;
  const walk = new StencilWalk({ boundary: golden.f32("edge") }, grid);
  const walkFromAll = (steps: number) => {
    const rows = new Float32Array(n * n);
    for (let i = 0; i < n; i += 4) {
      const units = [0, 1, 2, 3].filter((m) => i + m < n).map((m) => unit(n, i + m));
      walk.run(units, steps).forEach((row, m) => rows.set(row, (i + m) * n));
    }
    return rows;
  };
  assertClose(walkFromAll(1), golden.f32("T0"), { absolute: 1e-6 });

  let power = denseTransition(golden.f32("edge"), grid);
  for (let squaring = 0; squaring < 8; squaring++) power = multiply(power, power, n, 1);
  const far = walkFromAll(256);
  assertClose(far, power, { absolute: 1e-5, name: "exact power" });
  // The reference squares in float32: its own matrix is some 1e-4 off.
  assertClose(far, golden.f32("T8"), { absolute: 5e-4, name: "T8" });
});

Deno.test("the dense matrix of these tests is the reference's", async () => {
  const golden = await readGolden("g03_transition");
  assertClose(denseTransition(golden.f32("edge"), gridOf(golden)), golden.f32("T0"), { absolute: 1e-6 });
});

Deno.test("propagate() equals powers of the dense matrix for sizes, radii, exponents and numbers of steps", () => {
  const cases = [
    { height: 7, width: 9, radius: 5, beta: 10, steps: 37, count: 3 },
    { height: 1, width: 13, radius: 3, beta: 2.5, steps: 5, count: 1 },
    { height: 11, width: 1, radius: 4, beta: 1, steps: 64, count: 2 },
    { height: 6, width: 8, radius: 10, beta: 0.7, steps: 300, count: 6 },
    { height: 3, width: 4, radius: 2.5, beta: 8, steps: 1000, count: 9 },
    { height: 1, width: 1, radius: 5, beta: 10, steps: 256, count: 1 },
    { height: 5, width: 5, radius: 5, beta: 10, steps: 0, count: 4 },
  ];
  for (const { steps, count, ...grid } of cases) {
    const n = grid.height * grid.width;
    const boundary = noise(n, 1).map((value) => value ** 3);
    const maps = noise(count * n, 2);
    const weakened = maps.map((value, i) => value * (1 - boundary[i % n]!));
    const expected = multiply(weakened, denseTransition(boundary, grid), n, steps);
    assertClose(propagate(maps, boundary, { ...grid, steps, count }), expected, {
      absolute: 1e-5,
      name: `maps on ${grid.height}×${grid.width}`,
    });
  }
});

Deno.test("the polynomial walks as far as single steps do", () => {
  const grid = { height: 40, width: 53, radius: 5, beta: 10 }, n = grid.height * grid.width;
  for (const strength of [0.05, 0.6]) {
    const walk = new StencilWalk({ boundary: noise(n, 3).map((value) => strength * value) }, grid);
    const maps = [1, 2, 3, 4].map((seed) => noise(n, seed));
    for (const steps of [1, 2, 33, 256]) {
      const slow = walk.run(maps, steps, "steps");
      walk.run(maps, steps, "chebyshev").forEach((fast, m) => assertClose(fast, slow[m]!, { absolute: 1e-5 }));
    }
  }
});

Deno.test("walkPolynomial() is the power on [−1, 1] and short", () => {
  for (const steps of [0, 1, 2, 7, 256, 1001]) {
    const coefficients = walkPolynomial(steps);
    for (let angle = 0; angle <= Math.PI; angle += 0.01) {
      const value = coefficients.reduce((sum, c, k) => sum + c * Math.cos(k * angle), 0);
      assert(Math.abs(value - Math.cos(angle) ** steps) < 1e-6, `${steps} steps at ${Math.cos(angle)}`);
    }
  }
  assert(walkPolynomial(256).length < 95);
});

Deno.test("propagate() keeps a constant map constant where there is no boundary", () => {
  const options = { count: 2, height: 30, width: 41 }, n = 30 * 41;
  const maps = new Float32Array(2 * n).fill(0.7, 0, n).fill(3, n);
  for (const steps of [1, 40, 256, 5000]) {
    const result = propagate(maps, new Float32Array(n), { ...options, steps });
    assertClose(result, maps, { relative: 1e-5 });
  }
});

Deno.test("propagate() does not cross a wall of certain boundary", () => {
  const height = 6, width = 9;
  const boundary = new Float32Array(height * width), map = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    boundary[y * width + 4] = 1;
    map.fill(1, y * width, y * width + 4);
  }
  const result = propagate(map, boundary, { count: 1, height, width });
  result.forEach((value, i) => assert(Math.abs(value - (i % width < 4 ? 1 : 0)) < 1e-5, `pixel ${i}: ${value}`));
});

Deno.test("propagateEach() takes maps as they come and survives another walk in between", () => {
  const height = 9, width = 11, n = height * width;
  const boundary = noise(n, 5), maps = noise(6 * n, 6);
  const whole = propagate(maps, boundary, { count: 6, height, width });
  let taken = 0;
  const source = (function* () {
    for (; taken < 6; taken++) yield maps.subarray(taken * n, (taken + 1) * n);
  })();
  let m = 0;
  for (const map of propagateEach(source, boundary, { height, width })) {
    assertEquals(map, whole.slice(m * n, (m + 1) * n));
    if (m++ === 0) assert(taken < 6, "the first result comes before the last map is asked for");
    propagate(noise(400, 7), noise(400, 8), { count: 1, height: 20, width: 20, steps: 3 });
  }
  assertEquals(m, 6);
});

Deno.test("propagate() keeps maps in order where some are empty", () => {
  const height = 6, width = 7, n = height * width, options = { height, width };
  const boundary = noise(n, 9), filled = noise(7 * n, 10);
  const maps = new Float32Array(14 * n);
  for (let m = 0; m < 7; m++) maps.set(filled.subarray(m * n, (m + 1) * n), [1, 2, 5, 6, 7, 9, 12][m]! * n);
  const actual = propagate(maps, boundary, { ...options, count: 14 });
  const expected = propagate(filled, boundary, { ...options, count: 7 });
  for (let m = 0, next = 0; m < 14; m++) {
    const result = actual.slice(m * n, (m + 1) * n);
    if (![1, 2, 5, 6, 7, 9, 12].includes(m)) assertEquals(result, new Float32Array(n));
    else assertEquals(result, expected.slice(next * n, ++next * n));
  }
  assertEquals(propagate(new Float32Array(0), boundary, { ...options, count: 0 }).length, 0);
});

Deno.test("propagate() says what is wrong with its input", () => {
  const options = { count: 1, height: 2, width: 2 }, four = new Float32Array(4);
  assertThrows(() => propagate(new Float32Array(3), four, options), RangeError, "but found 3");
  assertThrows(() => propagate(four, new Float32Array(3), options), RangeError, "but found 3");
  assertThrows(() => propagate(four, Float32Array.of(0, NaN, 0, 0), options), RangeError, "found NaN");
  assertThrows(() => propagate(four, Float32Array.of(0, 2, 0, 0), options), RangeError, "found 2");
  assertThrows(() => propagate(four, four, { ...options, steps: 1.5 }), RangeError, "found 1.5");
  assertThrows(() => propagate(four, four, { ...options, beta: 0 }), RangeError, "found 0");
});
