import {
  addCuts,
  chooseConfident,
  chooseCut,
  chooseLabelCut,
  type CutCounts,
  CUTS,
  describeOrigin,
  emptyCuts,
  sweepMetrics,
  thresholdOrigin,
} from "../../lib/evaluation/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";

const classes = ["cat", "dog"];

/** Counts of one image of 1000 pixels: areas of the classes by cut, and those of the intersection with their refinement. */
function counts(areas: (t: number) => [number, number], { kept = (_t: number): number => 1, refined = true } = {}) {
  const made = emptyCuts(3, { truth: false, refined });
  CUTS.forEach((_, t) => {
    const [cat, dog] = areas(t);
    made.areas[t] = [1000 - cat - dog, cat, dog];
    // The refinement calls the rest of each class background.
    const sure = [cat * kept(t), dog * kept(t)] as const;
    const rows = [1000 - cat - dog, cat - sure[0], dog - sure[1], 0, sure[0], 0, 0, 0, sure[1]];
    rows.forEach((count, i) => made.refined && (made.refined.confusions[t]!.counts[i] = count));
  });
  return made;
}

Deno.test("chooseCut() takes the centre of where a CRF agrees and the area is stable", () => {
  // The area halves at every cut but from 0.35 to 0.55, where it stays: stable at 0.4, 0.45 and 0.5.
  const area = (t: number): [number, number] => [400 * 0.5 ** (t < 6 ? t : t > 10 ? t - 4 : 6), 0];
  const { threshold, centre, qualities } = chooseCut(counts(area), { classes });
  assertEquals([threshold, CUTS[8]], [0.45, 0.45]);
  assertClose(Float32Array.of(centre), Float32Array.of(0.45), { absolute: 1e-6 });
  assertEquals(qualities[0], { threshold: 0.05, agreement: 1, stability: null });
  assertEquals(qualities.slice(7, 10).map(({ stability }) => stability), [1, 1, 1]);
  assertEquals(qualities[3], { threshold: 0.2, agreement: 1, stability: 0.25 });

  // Two classes and the background: (1 + (0.5 + 0.5) / 2) / 2, were it not for the background that the CRF adds.
  const two = chooseCut(counts(() => [200, 300], { kept: () => 0.5 }), { classes }).qualities[0]!;
  assertEquals(two.agreement, (500 / 750 + 0.5) / 2);

  // Where the CRF takes away half of the cat at 0.4 and below, the plateau counts from 0.45: (0.45 + 0.5) / 2.
  const half = counts(area, { kept: (t) => t <= 7 ? 0.5 : 1 });
  assertClose(Float32Array.of(chooseCut(half, { classes }).centre), Float32Array.of(0.475), { absolute: 1e-6 });
  assertEquals(chooseCut(half, { classes }).threshold, 0.45); // of two equally near cuts the lower one
});

Deno.test("chooseLabelCut() takes the cut whose class areas are those of the class attention maps", () => {
  const cams = counts((t) => [400 - 20 * t, 200 - 10 * t]); // at 0.3: 300 and 150; at 0.325: 290 and 145
  const labels = (areas: (t: number) => [number, number]) => counts(areas, { refined: false });
  assertEquals(chooseLabelCut(labels((t) => [460 - 20 * t, 230 - 10 * t]), cams, 0.3), 0.45);
  // Areas in all are those wanted at 0.3 too, but of the wrong classes.
  const mixed = labels((t) => t < 6 ? [150, 300] : [300 - t, 150 - t]);
  assertEquals(chooseLabelCut(mixed, cams, 0.3), 0.4); // the first after the jump: 0.35 is not stable
  assertEquals(chooseLabelCut(labels((t) => [290 + 40 * (7 - t), 145]), cams, 0.325), 0.4); // interpolated
});

Deno.test("thresholds chosen without masks are within 1 mIoU of the best, on photographs that taught little within 1.5", async () => {
  const golden = new URL("../golden/threshold_cuts.json", import.meta.url);
  const runs: Record<string, { classes: number; cams: CutCounts; labels: CutCounts }> = JSON.parse(
    await Deno.readTextFile(golden),
  );
  const found = Object.entries(runs).map(([name, { classes, cams, labels }]) => {
    const choice = { classes: Array.from({ length: classes }, (_, n) => String(n)) };
    const { threshold, centre } = chooseCut(cams, choice), label = chooseLabelCut(labels, cams, centre);
    for (const [counts, chosen] of [[cams, threshold], [labels, label]] as const) {
      const { curve, best } = sweepMetrics(counts.truth!, choice);
      const lost = best.miou! - curve.find((row) => row.threshold === chosen)!.miou!;
      const most = name === "four" && counts === cams ? 1.5 : 1;
      assert(lost <= most, `Expected at most ${most} below the best of ${name} but found ${lost} at ${chosen}`);
    }
    return [name, threshold, label];
  });
  assertEquals(found, [["sample", 0.45, 0.35], ["cat", 0.45, 0.75], ["four", 0.25, 0.4]]);
});

Deno.test("chooseConfident() lies 0.1 around the threshold, wider or narrower by the uncertain fraction", () => {
  const cams = counts(() => [500, 0]);
  const band = (fraction: number) => {
    CUTS.forEach((_, high) =>
      CUTS.forEach((_, low) => cams.uncertain[high]![low] = 1000 * fraction * (high - low) / 4)
    );
    return chooseConfident(cams, 0.4);
  };
  assertEquals(band(0.2), { foreground: 0.5, background: 0.3, uncertain: 0.2 });
  assertEquals(band(0.04), { foreground: 0.55, background: 0.25, uncertain: 0.06 });
  assertEquals(band(0.4), { foreground: 0.45, background: 0.35, uncertain: 0.2 });
  assertEquals(chooseConfident(cams, 0.05).background, 0.05);
});

Deno.test("chooseCut() refuses maps without foreground; counts add up", () => {
  assertThrows(() => chooseCut(counts(() => [0, 0]), { classes }), Error, "with foreground");
  const total = emptyCuts(3, { truth: true, refined: true }), one = counts(() => [300, 100]);
  addCuts(total, one);
  addCuts(total, JSON.parse(JSON.stringify(one)));
  assertEquals(total.areas[4], [1200, 600, 200]);
  assertEquals(total.refined!.confusions[4]!.counts[4], 600);
  assert(total.truth!.confusions[0]!.counts.every((count) => count === 0));
});

Deno.test("thresholdOrigin() finds what a threshold was chosen on, unless it has changed since", () => {
  const chosen = ["cam.threshold=0.4 maps val", "relation.foreground=0.35 masks VOC's animals, train"];
  const words = (key: string, value: number) => describeOrigin(thresholdOrigin(key, { value, chosen }));
  assertEquals(words("cam.threshold", 0.4), "chosen without masks on val");
  assertEquals(words("cam.threshold", 0.45), "fixed before");
  assertEquals(words("relation.foreground", 0.35), "chosen on ground truth of VOC's animals, train");
  assertEquals(words("relation.background", 0.15), "fixed before");
  assertEquals(thresholdOrigin("cam.threshold", { value: 0.4, chosen }), { value: 0.4, chosen: "maps", on: "val" });
});
