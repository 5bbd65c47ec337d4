import { assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";
import { pairLabels } from "../../lib/relation/pair_labels.ts";
import { pathIndex } from "../../lib/relation/path_index.ts";

Deno.test("pairLabels() sorts the four pairs of one source by hand", () => {
  const labels = Uint8Array.of(
    ...[9, 3, 3],
    ...[255, 0, 3],
  );
  const { background, foreground, negative } = pairLabels(labels, {
    index: pathIndex(2), // right, below, below left, below right of the only source (0, 1)
    size: { height: 2, width: 3 },
  });
  assertEquals([...background], [0, 0, 0, 0]);
  assertEquals([...foreground], [1, 0, 0, 1]);
  assertEquals([...negative], [0, 1, 0, 0]);
});

for (const group of ["g06_afflabel_r5", "g06_afflabel_r10"]) {
  Deno.test(`pairLabels() equals the reference's ${group}`, async () => {
    const golden = await readGolden(group);
    const [height, width] = golden.shape("label") as [number, number];
    const labels = Uint8Array.from(golden.i32("label"));
    const masks = pairLabels(labels, { index: pathIndex(golden.params.radius), size: { height, width } });
    assertEquals([...masks.background], [...golden.f32("bg_pos")]);
    assertEquals([...masks.foreground], [...golden.f32("fg_pos")]);
    assertEquals([...masks.negative], [...golden.f32("neg")]);
  });
}

Deno.test("pairLabels() refuses labels of another size", () => {
  const index = pathIndex(2);
  assertThrows(() => pairLabels(new Uint8Array(5), { index, size: { height: 2, width: 3 } }), RangeError, "found 5");
});
