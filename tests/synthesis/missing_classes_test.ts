import { missingClasses } from "../../lib/synthesis/mod.ts";
import { assertEquals } from "../assert.ts";

const options = { labels: [2, 3, 5, 7], threshold: 0.25, fragment: 0.01 };

/** Maps of the classes 3, 5 and 7 at two positions. */
const evidence = { keys: [3, 5, 7], cams: Float32Array.of(0.9, 1, 0, 0.25, 1, 0), boundary: new Float32Array(2) };

const found = (instances: Record<number, number>) => ({
  class: Int32Array.from(Object.keys(instances), Number),
  score: Float32Array.from(Object.values(instances)),
});

Deno.test("missingClasses() says of every labelled class without an instance why", () => {
  assertEquals(missingClasses(found({ 3: 0 }), evidence, options), [
    { class: 2, why: "it has no class attention map" },
    { class: 3, why: "its regions are smaller than 1% of the image (synthesis.fragment)" },
    { class: 5, why: "its class attention map is empty, for the classifier does not see it" },
    {
      class: 7,
      why:
        "it is weaker everywhere than another class, or than the background's score 0.25 (synthesis.instanceThreshold)",
    },
  ]);
});

Deno.test("missingClasses() has nothing to say about classes with an instance, or without a label", () => {
  assertEquals(missingClasses(found({ 7: 0.4 }), evidence, { ...options, labels: [7] }), []);
  assertEquals(missingClasses(found({}), evidence, { ...options, labels: [] }), []);
});
