import { argmaxLabels, CRF_DEFAULTS, denseCrf, refineLabels } from "../../lib/crf/mod.ts";
import { assertEquals } from "../assert.ts";

Deno.test("refineLabels() solves maps side by side as denseCrf() solves each alone", () => {
  const width = 23, height = 14, pixels = width * height;
  const image = { width, height, data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * i) % 97 + i % 50) };
  for (const classes of [2, 3, 4, 6]) {
    const maps = [5, 3, 7].map((period) =>
      Uint8Array.from({ length: pixels }, (_, i) => Math.floor(i / period) % classes)
    );
    const alone = maps.map((labels) => argmaxLabels(denseCrf({ image, labels, classes }), classes));
    assertEquals(refineLabels(image, maps, { ...CRF_DEFAULTS, classes }), alone);
  }
});
