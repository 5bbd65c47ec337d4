/** No stage leaves tensors behind. */
import { assertEquals, assertRejects } from "../assert.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { run } from "../../lib/run/run.ts";
import { irnetStages as stages, STAGES_MODULE as module } from "../../lib/stages/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { Workspace } from "./workspace.ts";

Deno.test("run() has no tensors left after any stage, nor after a training that failed", async () => {
  const workspace = await Workspace.make();
  try {
    const config = loadConfig({
      file: workspace.path("config.json"),
      settings: [
        ...[["cam.method", "lpcam"], ["amn.use", "true"]] as const,
        ...["backbone.pretraining", "cam.training", "amn.training", "irnet.training"].map((key) =>
          [`${key}.epochs`, "1"] as const
        ),
      ],
    });
    const workdir = workspace.path("out");
    const left: Record<string, number> = {};
    for (const { name } of stages) {
      await run(config, { workdir, module, stages: [name], limit: 4 });
      left[name] = tf.memory().numTensors;
    }
    assertEquals(left, Object.fromEntries(stages.map(({ name }) => [name, 0])));
    assertEquals(tf.getBackend(), "wasm");
    const { backbone, cam, amn, irnet } = config;
    for (const training of [backbone.pretraining!, cam.training, amn.training, irnet.training]) {
      training.optimiser.learningRate = 1e30;
      training.epochs = 4;
      await assertRejects(() => run(config, { workdir, module, limit: 4 }), Error, "Expected a finite");
      assertEquals(tf.memory().numTensors, 0);
      training.optimiser.learningRate = 1e-3;
    }
  } finally {
    await workspace.remove();
  }
});
