import { imageIou } from "../../lib/evaluation/mod.ts";
import { assertAlmostEquals, assertEquals } from "../assert.ts";

const map = (...data: number[]) => ({ height: 1, width: data.length, data: Uint8Array.from(data) });

Deno.test("imageIou() is the mean over labels that occur; void pixels do not count", () => {
  const classes = ["cat", "dog", "cow"];
  assertAlmostEquals(imageIou(map(0, 0, 1, 1, 2), map(0, 1, 1, 1, 255), { classes }), (1 / 2 + 2 / 3) / 2);
  assertAlmostEquals(imageIou(map(0, 255, 2), map(0, 0, 1), { classes }), (1 + 0 + 0) / 3);
  assertEquals(imageIou(map(1), map(255), { classes }), NaN);
});
