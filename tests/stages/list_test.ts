import { assert, assertEquals } from "../assert.ts";
import { comparisonConfig, comparisonStages, irnetStages, stages } from "../../lib/stages/mod.ts";
import { presets } from "../../lib/config/config.ts";

Deno.test("every stage has a name of its own, and reads stages that come before it", () => {
  const names = stages.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  stages.forEach(({ name, reads }, n) => {
    for (const read of reads) assert(names.slice(0, n).includes(read), `${name} reads ${read}`);
  });
});

Deno.test("IRNet's stages run by themselves, those of the comparison where they are named", () => {
  const byThemselves = stages.filter(({ onlyNamed }) => !onlyNamed).map(({ name }) => name);
  assertEquals(byThemselves, irnetStages.map(({ name }) => name));
  for (const { name } of comparisonStages) assert(stages.some((stage) => stage.name === name), name);
});

Deno.test("another threshold among those that are swept is another evaluation", () => {
  const { settings } = stages.find(({ name }) => name === "evaluation")!, other = structuredClone(presets.sample);
  other.cam.threshold = 0.25;
  assert(JSON.stringify(settings(other)) !== JSON.stringify(settings(presets.sample)));
});

Deno.test("comparisonConfig() makes labels of the training images, and leaves the mean displacement to the others", () => {
  const config = structuredClone(presets.sample);
  Object.assign(config.data, { inferList: "a", meanDisplacementList: null });
  config.downstream.trainList = "b";
  const { data } = comparisonConfig(config);
  assertEquals([data.inferList, data.meanDisplacementList], ["b", "a"]);
  assertEquals(config.data.inferList, "a");
});
