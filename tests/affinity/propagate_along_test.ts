import { affinity, propagate, propagateAlong } from "../../lib/affinity/mod.ts";
import { pathIndex } from "../../lib/relation/mod.ts";
import { assertClose, assertThrows } from "../assert.ts";
import { noise } from "../noise.ts";

/** Affinities of all pairs inside the grid; outside 0. */
function randomAffinities(radius: number, height: number, width: number): Float32Array {
  const { count, destinations } = pathIndex(radius);
  return noise(count * height * width, 5).map((value, i) => {
    const k = Math.floor(i / (height * width)), y = Math.floor(i % (height * width) / width), x = i % width;
    const inside = y + destinations[2 * k]! < height && x + destinations[2 * k + 1]! >= 0 &&
      x + destinations[2 * k + 1]! < width;
    return inside ? value : 0;
  });
}

Deno.test("propagateAlong() takes the powers of the dense transition", () => {
  const [height, width, radius, beta, count] = [5, 6, 3, 4, 5], size = height * width;
  const affinities = randomAffinities(radius, height, width), maps = noise(count * size, 1);
  const { count: pairs, destinations } = pathIndex(radius);
  const weights = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));
  for (let k = 0; k < pairs; k++) {
    for (let i = 0; i < size; i++) {
      const value = affinities[k * size + i]! ** beta;
      if (value === 0) continue;
      const j = i + destinations[2 * k]! * width + destinations[2 * k + 1]!;
      weights[i]![j] = weights[j]![i] = value;
    }
  }
  const degree = weights.map((row) => row.reduce((sum, value) => sum + value));
  for (const steps of [0, 1, 3, 256]) {
    const expected: number[] = [];
    for (let n = 0; n < count; n++) {
      let map = [...maps.subarray(n * size, (n + 1) * size)];
      for (let s = 0; s < steps; s++) {
        map = map.map((_, i) => weights[i]!.reduce((sum, weight, j) => sum + weight * map[j]!, 0) / degree[i]!);
      }
      expected.push(...map);
    }
    const found = propagateAlong(maps, affinities, { count, height, width, radius, beta, steps });
    assertClose(found, expected, { absolute: 1e-5, relative: 1e-5, name: `${steps} steps` });
  }
});

Deno.test("propagateAlong() is propagate() where the affinities are those of a boundary map", () => {
  const [height, width, radius] = [9, 12, 2], size = height * width;
  const boundary = noise(size, 3), maps = noise(size, 4);
  const { count, destinations, reach } = pathIndex(radius);
  // Every pixel becomes a source where walls surround the grid.
  const wide = { height: height + reach, width: width + 2 * reach };
  const padded = new Float32Array(wide.height * wide.width).fill(1);
  for (let y = 0; y < height; y++) {
    padded.set(boundary.subarray(y * width, (y + 1) * width), y * wide.width + reach);
  }
  const pairs = affinity(padded, { ...wide, radius });
  const affinities = new Float32Array(pairs.length);
  affinities.set(pairs);
  const weakened = maps.map((value, i) => value * (1 - boundary[i]!));
  assertClose(
    propagateAlong(weakened, affinities, { count: 1, height, width, radius, beta: 10, steps: 16 }),
    propagate(maps, boundary, { count: 1, height, width, radius, beta: 10, steps: 16 }),
    { absolute: 1e-6, relative: 1e-5, name: `pairs of ${count} offsets up to ${destinations.at(-1)}` },
  );
});

Deno.test("propagateAlong() rejects arrays of other sizes and affinities that leave the grid", () => {
  const options = { count: 1, height: 3, width: 3, radius: 2 };
  assertThrows(() => propagateAlong(new Float32Array(8), new Float32Array(36), options), RangeError, "8 values");
  assertThrows(() => propagateAlong(new Float32Array(9), new Float32Array(9), options), RangeError, "4×3×3 affinities");
  const outside = new Float32Array(36).fill(1);
  assertThrows(() => propagateAlong(new Float32Array(9), outside, options), RangeError, "but found 1 towards (");
});
