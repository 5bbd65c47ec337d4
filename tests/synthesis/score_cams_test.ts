import { applyThreshold, instancesFromCams, scoreCams } from "../../lib/synthesis/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const maps = Float32Array.of(0.5, 0.25, 0.1, 0, /* second class */ 0.5, 0.75, 0, 0);
const options = { height: 2, width: 2, keys: [3, 14] };

Deno.test("scoreCams() keeps the best class of each pixel and its score", () => {
  const { score, label } = scoreCams(maps, options);
  assertEquals(score, Float32Array.of(0.5, 0.75, 0.1, 0));
  assertEquals(label, Uint8Array.of(4, 15, 4, 0));
});

Deno.test("applyThreshold() leaves scores at the threshold to the background", () => {
  const scored = scoreCams(maps, options);
  assertEquals(applyThreshold(scored, 0.5), { height: 2, width: 2, data: Uint8Array.of(0, 15, 0, 0) });
  assertEquals(applyThreshold(scored, 0.1).data, Uint8Array.of(4, 15, 0, 0)); // also 0.1 in single precision
});

Deno.test("instancesFromCams() makes instances of the regions of thresholded CAMs", () => {
  const result = instancesFromCams(maps, { ...options, threshold: 0.05 });
  assertEquals(result.class, Int32Array.of(3, 14));
  assertEquals(result.score, Float32Array.of(0.5, 0.75));
  assertEquals(result.mask, Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 0));
});

Deno.test("scoreCams() and instancesFromCams() refuse maps of another size", () => {
  assertThrows(() => scoreCams(maps, { ...options, keys: [3] }), RangeError, "1×2×2");
  assertThrows(() => instancesFromCams(maps, { ...options, keys: [3] }), RangeError, "1×2×2");
});
