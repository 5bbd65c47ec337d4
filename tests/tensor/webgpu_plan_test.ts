/** What of the programs for GPUs needs no GPU: how work is cut, and what the generator writes. */
import { convolveCode } from "../../lib/tensor/webgpu/_convolve.ts";
import {
  invocations,
  planOnProcessor,
  planProduct,
  planSplits,
  tileBytes,
  tiles,
} from "../../lib/tensor/webgpu/_plan_product.ts";
import { workgroupsFor } from "../../lib/tensor/webgpu/_wgsl.ts";
import { chunksOf } from "../../lib/tensor/webgpu/_sum_rows.ts";
import { assert, assertEquals } from "../assert.ts";

/** Products of ResNet-50's layers at stride 16 and 512², for a batch. */
const layers = (batch: number) => ({
  early: { rows: batch * 128 * 128, columns: 256, sum: 64 },
  middle: { rows: batch * 32 * 32, columns: 256, sum: 9 * 256 },
  late: { rows: batch * 32 * 32, columns: 512, sum: 9 * 512 },
  earlyFilter: { rows: 64, columns: 256, sum: batch * 128 * 128 },
  lateFilter: { rows: 9 * 512, columns: 512, sum: batch * 32 * 32 },
});

const workgroups = ({ rows, columns }: { rows: number; columns: number }, plan: ReturnType<typeof planProduct>) =>
  Math.ceil(rows / plan.tile.rows) * Math.ceil(columns / plan.tile.columns) * plan.splits;

Deno.test("tiles() fit into the memory and the invocations that every device has, and are deeper where there is more", () => {
  for (const tile of tiles()) {
    assert(tileBytes(tile) <= 16384);
    assert(invocations(tile) <= 256);
  }
  assertEquals(tiles()[0]!.depth, 8);
  assert(tiles({ storageBytes: 32768 }).every(({ depth }) => depth === 16));
});

Deno.test("planSplits() covers the sum once, in whole steps, with no part empty", () => {
  for (const tile of tiles()) {
    for (const sum of [0, 1, 15, 16, 17, 147, 1000]) {
      for (const splits of [1, 2, 3, 7, 128]) {
        const plan = planSplits({ rows: 1, columns: 1, sum }, { tile, splits });
        assertEquals(plan.perSplit % tile.depth, 0);
        assert(plan.splits * plan.perSplit >= sum);
        assert(plan.splits === 1 || (plan.splits - 1) * plan.perSplit < sum);
      }
    }
  }
});

Deno.test("planProduct() takes the largest tile and leaves the sum whole where the result is large", () => {
  for (const size of [layers(16).early, layers(16).middle, layers(16).late]) {
    const { tile, splits } = planProduct(size, { storageBytes: 32768 });
    assertEquals({ rows: tile.rows, columns: tile.columns, splits }, { rows: 128, columns: 128, splits: 1 });
  }
});

Deno.test("planProduct() gives every processor of a large GPU work where the result is small", () => {
  for (const size of [layers(1).middle, layers(1).late, ...[1, 4, 16].map((batch) => layers(batch).earlyFilter)]) {
    assert(workgroups(size, planProduct(size)) >= 128, `${JSON.stringify(size)} has too few workgroups`);
  }
  assert(planProduct(layers(16).earlyFilter).splits > 8);
  assertEquals(planProduct(layers(16).earlyFilter, { splittable: false }).splits, 1);
});

Deno.test("planOnProcessor() takes the smallest tile and never cuts the sum", () => {
  for (const size of [...Object.values(layers(1)), { rows: 5, columns: 3, sum: 0 }]) {
    const { tile, splits, perSplit } = planOnProcessor(size);
    assertEquals([tile.rows, tile.columns, splits], [32, 32, 1]);
    assert(perSplit >= size.sum);
    assert(tileBytes(tile) <= 16384);
  }
});

Deno.test("planProduct() does not compute wide tiles of a narrow result", () => {
  assertEquals(planProduct({ rows: 65536, columns: 20, sum: 2048 }).tile.columns, 32);
  assertEquals(planProduct({ rows: 65536, columns: 64, sum: 64 }).tile.columns, 64);
});

Deno.test("chunksOf() ends in one chunk and gives each some rows", () => {
  assertEquals(chunksOf(64, 1), 1);
  for (const vectors of [1, 16, 512, 100_000]) {
    let rows = 1_000_003;
    for (let stage = 0; rows > 1; stage++) {
      assert(stage < 5);
      rows = chunksOf(rows, vectors);
    }
  }
});

Deno.test("workgroupsFor() stays within the 65535 workgroups of a direction", () => {
  assertEquals(workgroupsFor(1), [1, 1]);
  assertEquals(workgroupsFor(256 * 32768 + 1), [32768, 2]);
  const [x, y] = workgroupsFor(2 ** 31);
  assert(x <= 65535 && y <= 65535 && x * y * 256 >= 2 ** 31);
});

Deno.test("matrixProduct() writes out all multiplications of a step, on sums with names", () => {
  const [tile] = tiles({ storageBytes: 32768 });
  const window = { size: [3, 3], stride: 1, padding: [1, 1, 1, 1] } as const;
  const epilogue = { bias: true, addend: true, activation: "relu" } as const;
  const code = convolveCode({ window, channels: 64, outputs: 64, tile: tile!, epilogue });
  assertEquals(code.match(/= fma\(/g)!.length, 16 * 8 * 2); // vectors of four
  assertEquals(new Set(code.match(/var sum\d_\d/g)).size, 16);
  assertEquals(code.match(/workgroupBarrier/g)!.length, 2);
});

Deno.test("convolveCode() reads and writes vectors where the channels come by fours, else numbers", () => {
  const [tile] = tiles();
  const window = { size: [1, 1], stride: 1, padding: [0, 0, 0, 0] } as const;
  const epilogue = { bias: false, addend: false, activation: undefined };
  const code = (channels: number, outputs: number) =>
    convolveCode({ window, channels, outputs, tile: tile!, epilogue });
  const reads = (code: string) => code.includes("return x[at >> 2u];") ? 4 : code.includes("return x[at];") ? 1 : 0;
  const writes = (code: string) =>
    code.includes("(value, at, n >> 2u)") ? 4 : code.includes("(value.x, at, n + 0)") ? 1 : 0;
  assertEquals([code(8, 4), code(3, 4), code(8, 5)].map((code) => [reads(code), writes(code)]), [[4, 4], [1, 4], [
    4,
    1,
  ]]);
});
