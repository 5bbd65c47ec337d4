import { classifierParameters } from "../../lib/cam/mod.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import type { Config } from "../../lib/config/config.ts";
import { random } from "../../lib/data/random.ts";
import { decodeSafetensors, encodeSafetensors } from "../../lib/files/safetensors.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import type { StageContext } from "../../lib/run/stage.ts";
import { resultDoubts } from "../../lib/stages/doubts.ts";
import { classDirections, prototypes, readPrototypes } from "../../lib/stages/prototypes.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";

Deno.test.beforeAll(async () => void await useBackend("auto"));

const classes = ["cat", "dog", "yak", "eel"], head = classifierParameters(sampleNet, classes.length);
/** The fourth class is seen nowhere, the third in no image. */
const labels: Record<string, number[]> = { a: [0], b: [0, 1], c: [3], d: [], e: [1] };

/** A run whose classifier is untrained, and says of no feature that it is the fourth class. */
function contextOf(
  settings: Partial<Config["cam"]["prototypes"]> = {},
): StageContext & { kept: Map<string, Uint8Array> } {
  const config = loadConfig({ preset: "sample", settings: [["cam.method", "lpcam"]] });
  config.data.classes = classes;
  Object.assign(config.cam.prototypes, { clusters: 3, select: 0.5, ...settings });
  const tensors = { ...sampleNet.initialise(0), ...initialise(head, { seed: 0, method: "uniform" }) };
  const { shape, data } = tensors["classifier.weight"]!, own = Math.floor(data.length / 4);
  tensors["classifier.weight"] = {
    shape,
    data: data.map((value, i) => i < 3 * own ? Math.abs(value) : -Math.abs(value)),
  };
  const kept = new Map([["cam_train/weights.safetensors", encodeSafetensors(tensors)]]);
  const read = (stage: string, file: string) => Promise.resolve(kept.get(`${stage}/${file}`) ?? null);
  return {
    config,
    kept,
    dataset: {
      classes,
      list: () => Object.keys(labels),
      labels: (id: string) => labels[id]!,
      readImage: (id: string) => {
        const draw = random(0, id);
        return Promise.resolve({
          height: 40,
          width: 56,
          data: Uint8Array.from({ length: 40 * 56 * 3 }, () => 256 * draw()),
        });
      },
    } as unknown as StageContext["dataset"],
    files: {
      read,
      require: async (stage: string, file: string) => (await read(stage, file))!,
      write: (stage: string, file: string, bytes: Uint8Array) =>
        Promise.resolve(kept.set(`${stage}/${file}`, bytes)).then(() => {}),
      path: (stage: string, file: string) => `${stage}/${file}`,
      appendLog: () => Promise.resolve(),
    },
    signal: new AbortController().signal,
    progress: () => {},
  };
}

const file = "prototypes/prototypes.safetensors";

Deno.test("the prototypes of a class do not depend on the classes that are looked at together", async () => {
  const together = contextOf(), apart = contextOf({ vectors: 1e9 }); // so many are held for one class at a time
  await prototypes.run(together);
  await prototypes.run(apart);
  assertEquals(together.kept.get(file), apart.kept.get(file));
  assertEquals(prototypes.ids!(together), ["a", "b", "c", "e"]);
  const counts = JSON.parse(new TextDecoder().decode(together.kept.get("prototypes/prototypes.json")));
  assertEquals(counts.map(({ images }: { images: number }) => images), [2, 2, 0, 1]);
  for (const { inside, outside, prototypes } of counts.slice(0, 2)) {
    assert(inside > 0 && inside + outside <= 2 * 35 && prototypes >= 1 && prototypes <= 3);
  }
  const one = contextOf({ images: 1 }), shown = new Set<string>(), { readImage } = one.dataset;
  one.dataset.readImage = (id) => readImage(shown.add(id) && id);
  await prototypes.run(one);
  assert(shown.size >= 2 && shown.size <= 3 && shown.has("c"), String([...shown]));
  const few = contextOf({ vectors: 4 });
  await prototypes.run(few);
  const found = await readPrototypes(few);
  assert(found[0]!.prototypes.data.length > 0);
  assert(String(few.kept.get(file)) !== String(together.kept.get(file)));
});

Deno.test("classes without images or without CAMs are compared with the classifier's weights, and named", async () => {
  const context = contextOf();
  await prototypes.run(context);
  assertEquals((await readPrototypes(context)).map(({ prototypes }) => prototypes.shape[0]! > 0), [
    true,
    true,
    false,
    false,
  ]);
  const directions = await classDirections(context);
  for (const direction of directions.slice(2)) {
    assert(Math.abs(direction.reduce((sum, value) => sum + value ** 2, 0) - 1) < 1e-5);
  }
  assertEquals((await resultDoubts(context, [])).classes, [
    "class yak: no prototypes, as no image of train shows it; its maps compare features with the classifier's weights",
    "class eel: no prototypes, as its CAMs are empty in every image with it (1); its maps compare features with the classifier's weights",
  ]);
});

Deno.test("a file of prototypes that does not fit the classifier is named, with the class", async () => {
  const context = contextOf();
  await prototypes.run(context);
  const { tensors } = decodeSafetensors(context.kept.get(file)!, file), channels = sampleNet.channels;
  const { "1.context": _, ...less } = tensors;
  context.kept.set(file, encodeSafetensors(less));
  const message = (found: string) => `Expected 1.context [?, ${channels}] in ${file} but found ${found}`;
  await assertRejects(() => readPrototypes(context), Error, message("none"));
  context.kept.set(file, encodeSafetensors({ ...less, "1.context": { shape: [1, 2], data: new Float32Array(2) } }));
  await assertRejects(() => readPrototypes(context), Error, message("[1, 2]"));
});

Deno.test("prototypes are found only where LPCAM makes the maps", () => {
  const { config } = contextOf();
  assertEquals(prototypes.enabled!(config), true);
  assertEquals(prototypes.enabled!({ ...config, cam: { ...config.cam, method: "cam" } }), false);
  assertEquals(prototypes.enabled!({ ...config, cam: { ...config.cam, from: "maps" } }), false);
});
