import { compareMakers, type ComparisonMeasurement, ComparisonTotals } from "../../lib/evaluation/mod.ts";
import { assertEquals } from "../assert.ts";

const options = { classes: ["cat", "dog"], chosen: null, ious: [0.5, 0.75] };

Deno.test("compareMakers() adds up images maker by maker", () => {
  const confusion = (counts: number[]) => ({ labels: 3, counts });
  const measurements: ComparisonMeasurement[] = [
    {
      semantic: { A: confusion([4, 0, 0, 1, 2, 0, 0, 0, 0]), B: confusion([4, 0, 0, 3, 0, 0, 0, 0, 0]) },
      instance: { A: { truths: [0], found: [{ class: 0, score: 0.9, truth: 0, iou: 0.6 }] } },
    },
    { semantic: { A: confusion([4, 0, 0, 1, 2, 0, 0, 0, 0]) }, instance: {} },
  ];
  const totals = new ComparisonTotals();
  for (const measurement of measurements) totals.add(measurement);
  const { semantic, instance } = compareMakers(totals, options);
  assertEquals(semantic, {
    // Background 8 of 10, cat 4 of 6; no dog anywhere.
    A: { images: 2, miou: 73.3333, perClass: { background: 80, cat: 66.6667, dog: null } },
    B: { images: 1, miou: 28.5714, perClass: { background: 57.1429, cat: 0, dog: null } },
  });
  assertEquals(
    instance["A"],
    {
      images: 1,
      ap50: 100,
      ap75: 0,
      perClass: { ap50: { cat: 100, dog: null }, ap75: { cat: 0, dog: null } },
    } as typeof instance["A"],
  );
  assertEquals(compareMakers(new ComparisonTotals(), options), { semantic: {}, instance: {} });
});
