import { backboneTask, camTask } from "../../lib/cam/mod.ts";
import { presets } from "../../lib/config/config.ts";
import { affinityNetTask } from "../../lib/downstream/affinitynet/mod.ts";
import { deepLabTask } from "../../lib/downstream/deeplab/mod.ts";
import { maskRcnnTask } from "../../lib/downstream/mask_rcnn/mod.ts";
import { irnetTask } from "../../lib/irnet/mod.ts";
import { sampleNet } from "../../lib/nn/mod.ts";
import { createLoss } from "../../lib/train/mod.ts";
import { isTrainable } from "../../lib/weights/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";

const { backbone, cam, irnet, downstream } = presets.sample, choice = sampleNet.choice!;

const tasks = [
  backboneTask(sampleNet, { classes: 3, training: backbone.pretraining! }),
  camTask(sampleNet, { classes: 3, training: cam.training }),
  irnetTask(sampleNet, irnet),
  affinityNetTask(sampleNet, downstream.affinityNet),
  deepLabTask(sampleNet, { labels: 4, training: downstream.deepLab.training }),
  maskRcnnTask(sampleNet, { ...downstream.maskRcnn, classes: 3 }),
];

Deno.test("a Worker finds every task from its origin, as settings that can be sent to it", async () => {
  for (const { name, origin, parameters } of tasks) {
    const { module, name: exported, settings } = structuredClone(origin);
    const again = (await import(module))[exported](sampleNet, settings);
    assertEquals([again.name, again.parameters, again.origin], [name, parameters, origin]);
    assert(await createLoss({ choice, origin }) instanceof Function);
  }
});

Deno.test("createLoss() says which task is not there", async () => {
  const origin = { ...tasks[0]!.origin, name: "otherTask" };
  await assertRejects(() => createLoss({ choice, origin }), Error, "to export otherTask but found undefined");
});

Deno.test("tasks draw what the backbone's weights lack, train it, and have names of their own", () => {
  for (const task of tasks) {
    const drawn = task.initialise(0), all = { ...sampleNet.initialise(1), ...drawn };
    assertEquals(Object.keys(all).sort(), task.parameters.map(({ name }) => name).sort());
    const trained = task.parameters.filter((spec) => task.trains(spec));
    assert(trained.length > 0 && trained.every(isTrainable));
    for (const { name } of task.parameters.slice(sampleNet.parameters.length)) assert(drawn[name], name);
  }
  assertEquals(new Set(tasks.map(({ name }) => name)).size, tasks.length);
});
