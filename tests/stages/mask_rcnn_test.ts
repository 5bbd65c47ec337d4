import { type Config, presets } from "../../lib/config/config.ts";
import { maskRcnnParameters } from "../../lib/downstream/mask_rcnn/mod.ts";
import { initialise, sampleNet } from "../../lib/nn/mod.ts";
import { decodeNpz, encodeNpz } from "../../lib/files/npz.ts";
import { maskRcnn as maskRcnnStage, maskRcnnTrain } from "../../lib/stages/downstream/mask_rcnn.ts";
import { MASK_SOURCES } from "../../lib/stages/downstream/sources.ts";
import type { StageContext } from "../../lib/run/stage.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import type { LabelMap, RgbImage } from "../../lib/data/mod.ts";
import { encodeSafetensors } from "../../lib/files/safetensors.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";

const height = 40, width = 56, size = height * width;
const image: RgbImage = { height, width, data: Uint8Array.from({ length: size * 3 }, (_, i) => (i * 37) % 251) };

function config(): Config {
  const sample = structuredClone(presets.sample), { maskRcnn } = sample.downstream;
  Object.assign(maskRcnn, { pyramidWidth: 8, boxWidth: 16, maskWidth: 4, anchors: 16, regions: 8 });
  Object.assign(maskRcnn.training, { crop: 48, batch: 2, epochs: 1 });
  return sample;
}

/** Pseudo instances of the given scores, each of the left half. */
function pseudo(...scores: number[]): Uint8Array {
  const mask = Uint8Array.from({ length: scores.length * size }, (_, i) => i % width < width / 2 ? 1 : 0);
  return encodeNpz({
    score: { shape: [scores.length], data: Float32Array.from(scores) },
    class: { shape: [scores.length], data: new Int32Array(scores.length).fill(1) },
    mask: { shape: [scores.length, height, width], data: mask },
  });
}

/** A run of two images for training and one for validation, held in memory. */
function run(files: Record<string, Uint8Array>, { settings = config(), masks = true } = {}) {
  const labels = (value: number): LabelMap => ({ height, width, data: new Uint8Array(size).fill(value, size / 2) });
  const held: Record<string, Uint8Array> = {
    "backbone_train/weights.safetensors": encodeSafetensors(sampleNet.initialise(0)),
    ...files,
  };
  const read = (stage: string, file: string) => Promise.resolve(held[`${stage}/${file}`] ?? null);
  const context = {
    config: settings,
    dataset: {
      list: (name: string) => name === "val" ? ["c"] : ["a", "b"],
      readImage: () => Promise.resolve(image),
      imageSize: () => Promise.resolve({ full: image, reading: image }),
      readClassMask: () => Promise.resolve(masks ? labels(2) : null),
      readInstanceMask: () => Promise.resolve(masks ? labels(1) : null),
    },
    files: {
      read,
      require: async (stage: string, file: string) => {
        const bytes = await read(stage, file);
        if (!bytes) throw new Error(`no ${stage}/${file}`);
        return bytes;
      },
      write: (stage: string, file: string, bytes: Uint8Array) => {
        held[`${stage}/${file}`] = bytes;
        return Promise.resolve();
      },
      appendLog: () => Promise.resolve(),
      path: (stage: string, file: string) => `${stage}/${file}`,
    },
    signal: new AbortController().signal,
    progress: () => {},
  } as unknown as StageContext;
  return { context, held };
}

const twoPseudo = { "instance/a.npz": pseudo(0.9, 0), "instance/b.npz": pseudo(0.4) };

Deno.test("the stages of Mask R-CNN train on each source and write instances as IRNet's stage does", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  for (const source of MASK_SOURCES) {
    const { context, held } = run(source === "irnet" ? twoPseudo : {});
    await maskRcnnTrain(source).run(context);
    assert(held[`mask_rcnn_${source}_train/weights.safetensors`]);
    const stage = maskRcnnStage(source), opened = await stage.open(context);
    assertEquals(stage.ids(context), ["c"]);
    const { "c.npz": bytes } = await opened.process("c");
    opened.close!();
    const { score, class: classes, mask } = decodeNpz(bytes!, "c.npz"), count = score!.shape[0]!;
    assertEquals([classes!.shape, mask!.shape], [[count], [count, height, width]]);
  }
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});

Deno.test("Mask R-CNN cannot be trained where there is no instance: fragments and low scores are none", async () => {
  await useBackend("wasm");
  const train = (files: Record<string, Uint8Array>, settings = config()) =>
    maskRcnnTrain("irnet").run(run(files, { settings }).context);
  const message = "Expected instances to train on in the 2 images of train but found none";
  await assertRejects(() => train({ "instance/a.npz": pseudo(0), "instance/b.npz": pseudo() }), Error, message);
  const strict = config();
  strict.downstream.maskRcnn.score = 0.95;
  await assertRejects(() => train(twoPseudo, strict), Error, message);
});

Deno.test("Mask R-CNN's upper bound names an image without ground truth", async () => {
  await useBackend("wasm");
  const { context } = run({}, { masks: false });
  await assertRejects(() => maskRcnnTrain("truth").run(context), Error, "ground truth of the instances of a to train");
});

Deno.test("a trained Mask R-CNN of other widths is not taken", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors, { context, held } = run(twoPseudo), { maskRcnn } = context.config.downstream;
  const wide = maskRcnnParameters(sampleNet.taps, { ...maskRcnn, boxWidth: 32, classes: 4 });
  held["mask_rcnn_irnet_train/weights.safetensors"] = encodeSafetensors({
    ...sampleNet.initialise(0),
    ...initialise(wide, { seed: 0, method: "he" }),
  });
  await assertRejects(
    async () => await maskRcnnStage("irnet").open(context),
    Error,
    "misshapen: box.fc6.weight, expected [16,8,7,7] but found [32,8,7,7]",
  );
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});
