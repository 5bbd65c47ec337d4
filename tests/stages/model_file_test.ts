import { presets } from "../../lib/config/config.ts";
import { decodeSafetensors } from "../../lib/files/safetensors.ts";
import { classDifference } from "../../lib/stages/given_weights.ts";
import {
  configOfModel,
  encodeModel,
  modelFacts,
  partOfModel,
  predictionSettings,
} from "../../lib/stages/model_file.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

const parts = {
  cam: { stem: tensor(1, 2), layer: tensor(3), classifier: tensor(4) },
  irnet: { stem: tensor(1, 2), layer: tensor(5), mean: tensor(6, 7) },
};
const settings = predictionSettings(presets.sample);
const facts = { settings, thresholds: [0.5, null, 0.25, 1], thresholdsFrom: { list: "val", images: 9 } };
const file = (bytes: Uint8Array) => decodeSafetensors(bytes, "a model");

Deno.test("a model holds equal tensors once, and gives both networks back", () => {
  const model = file(encodeModel(parts, facts));
  assertEquals(Object.keys(model.tensors), [
    ...["shared.stem", "cam.layer", "cam.classifier"],
    ...["irnet.layer", "irnet.mean"],
  ]);
  for (const part of ["cam", "irnet"] as const) assertEquals(partOfModel(model, part).tensors, parts[part]);
});

Deno.test("a model with AMN stores what it shares with both others once, and gives all three networks back", () => {
  const amn = { stem: tensor(1, 2), layer: tensor(8), gate: tensor(9) };
  const model = file(encodeModel({ ...parts, amn }, facts));
  assertEquals(Object.keys(model.tensors).slice(5), ["amn.layer", "amn.gate"]);
  for (const part of ["cam", "irnet"] as const) assertEquals(partOfModel(model, part).tensors, parts[part]);
  assertEquals(partOfModel(model, "amn").tensors, amn);
  const trained = file(encodeModel({ ...parts, amn: { ...amn, stem: tensor(1, 3) } }, facts));
  assertEquals(partOfModel(trained, "amn").tensors["stem"], tensor(1, 3));
});

Deno.test("a model knows classes, thresholds, settings and its version", () => {
  const { format, version, ...found } = modelFacts(file(encodeModel(parts, facts)))!;
  assertEquals([format, version, found], [1, "0.1.0", facts]);
  const config = configOfModel({ format, version, ...found });
  assertEquals(predictionSettings(config), settings);
  assertEquals(config.data.classes, presets.sample.data.classes);
});

Deno.test("weights without a description are no model; a damaged or newer one is refused by name", () => {
  const { tensors } = file(encodeModel(parts, facts));
  const described = (text?: string) => ({ name: "m.safetensors", tensors, metadata: text ? { irnet: text } : {} });
  assertEquals(modelFacts(described()), null);
  const told = { format: 1, version: "9", ...facts };
  for (
    const [text, words] of [
      ["{", "in m.safetensors but found its description damaged"],
      ["{}", "found format undefined"],
      [JSON.stringify({ ...told, format: 2 }), "a model of format 1 in m.safetensors but found format 2, of version 9"],
      [JSON.stringify({ ...told, thresholds: [1] }), "a threshold for each class in m.safetensors but found 1"],
      [JSON.stringify({ ...told, settings: { ...settings, walk: { beat: 3 } } }), "unknown key walk.beat"],
    ] as const
  ) {
    const error = assertThrows(() => modelFacts(described(text)), Error);
    assert(error.message.includes(words), `${words}: ${error.message}`);
  }
});

Deno.test("classDifference() says in words what weights and data set do not share", () => {
  const known = ["kitty", "moo", "pony", "puppy"], these = "these weights know kitty, moo, pony, puppy; the data set ";
  assertEquals(classDifference(known, known), null);
  assertEquals(classDifference(known, [...known, "yak", "zebra"]), `${these}has yak, zebra too`);
  assertEquals(classDifference(known, ["pony", "puppy", "yak"]), `${these}has yak too and lacks kitty, moo`);
  assertEquals(classDifference(known, ["moo", "pony", "puppy"]), `${these}lacks kitty`);
  assertEquals(classDifference(known, ["yak"]), `${these}has yak and lacks kitty, moo, pony, puppy`);
  assertEquals(
    classDifference(known, ["moo", "kitty", "pony", "puppy"]),
    `${these}has them in another order, moo, kitty, pony, puppy`,
  );
});
