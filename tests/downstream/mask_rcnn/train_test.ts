import { presets } from "../../../lib/config/config.ts";
import {
  type FoundInstances,
  inferMaskRcnn,
  type InstanceLabels,
  maskRcnnLoss,
  maskRcnnParameters,
  maskRcnnTask,
  type MaskRcnnTaskSettings,
  proposedRegions,
  type TrainingView,
} from "../../../lib/downstream/mask_rcnn/mod.ts";
import { efficientnetLite, initialise, resnet50, sampleNet } from "../../../lib/nn/mod.ts";
import { tf, useBackend } from "../../../lib/tensor/mod.ts";
import type { RgbImage } from "../../../lib/data/mod.ts";
import { train, trainingSteps, type TrainOptions } from "../../../lib/train/mod.ts";
import { disposeParams, fromParams, importWeights, type Params, toParams } from "../../../lib/weights/mod.ts";
import type { NamedTensors } from "../../../lib/files/safetensors.ts";
import { assert, assertClose, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { backends, onEachBackend } from "../../tensor/_backends.ts";
import { read } from "../../tensor/_read.ts";
import { noise } from "../../noise.ts";

const classes = 3;
const settings: MaskRcnnTaskSettings = {
  classes,
  ...presets.sample.downstream.maskRcnn,
  training: {
    ...presets.sample.downstream.maskRcnn.training,
    crop: 64,
    batch: 2,
    microBatch: 2,
    epochs: 2,
    scale: [1, 1],
  },
  pyramidWidth: 16,
  boxWidth: 32,
  maskWidth: 8,
  anchors: 64,
  regions: 16,
  proposals: { perLevel: 40, most: 30 },
};
const task = taskOf(settings), specs = task.parameters, heads = specs.slice(sampleNet.parameters.length);

function taskOf(settings: MaskRcnnTaskSettings) {
  return maskRcnnTask(sampleNet, settings);
}

function untrained() {
  return toParams({ ...sampleNet.initialise(0), ...task.initialise(0) }, specs);
}

interface Rectangle {
  readonly class: number;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
}

/** A grey image with coloured rectangles, a colour for each class. */
function scene(rectangles: readonly Rectangle[], { height, width } = { height: 64, width: 64 }) {
  const data = new Uint8Array(height * width * 3).fill(120), mask = new Uint8Array(rectangles.length * height * width);
  const colours = [[230, 60, 40], [40, 80, 230], [50, 220, 60]];
  rectangles.forEach(({ class: c, box: [left, top, right, bottom] }, n) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        data.set(colours[c]!, (y * width + x) * 3);
        mask[n * height * width + y * width + x] = 1;
      }
    }
  });
  const image: RgbImage = { height, width, data };
  return { image, instances: { class: rectangles.map((one) => one.class), mask } satisfies InstanceLabels };
}

const scenes = {
  a: scene([{ class: 0, box: [8, 8, 32, 40] }, { class: 1, box: [36, 20, 60, 44] }]),
  b: scene([{ class: 1, box: [4, 30, 30, 60] }]),
};

function training(
  params: Params,
  given: Readonly<Record<string, { image: RgbImage; instances: InstanceLabels }>> = scenes,
): TrainOptions<InstanceLabels> {
  return {
    params,
    seed: 0,
    ids: Object.keys(given),
    image: (id) => Promise.resolve(given[id]!.image),
    label: (id) => given[id]!.instances,
  };
}

/** Highest IoU of the found masks of a class with a true one. */
function bestIou({ class: labels, mask }: FoundInstances, truth: InstanceLabels, n: number): number {
  const pixels = truth.mask.length / truth.class.length, wanted = truth.mask.subarray(n * pixels, (n + 1) * pixels);
  return Math.max(
    0,
    ...Array.from(labels).flatMap((c, i) => {
      if (c !== truth.class[n]) return [];
      let common = 0, either = 0;
      wanted.forEach((value, p) => {
        if (value && mask[i * pixels + p]) common++;
        if (value || mask[i * pixels + p]) either++;
      });
      return [common / either];
    }),
  );
}

Deno.test("Mask R-CNN learns two images, and inferMaskRcnn() finds what is in them", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors, params = untrained(), losses: number[] = [];
  const long = { ...settings, training: { ...settings.training, epochs: 90 } };
  await train(taskOf(long), { ...training(params), onStep: ({ loss }) => void losses.push(loss) });
  assertEquals(losses.length, trainingSteps(2, long.training));
  const last = losses.slice(-10).reduce((sum, loss) => sum + loss / 10, 0);
  assert(last < 0.4 * losses[0]!, `the loss falls: ${losses[0]} … ${last}`);
  for (const { image, instances } of Object.values(scenes)) {
    const found = await inferMaskRcnn({ backbone: sampleNet, params }, image, settings);
    assertEquals(found.mask.length, found.class.length * image.height * image.width);
    assert(found.score.every((score, n) => score > 0.05 && score <= (found.score[n - 1] ?? 1)), "best first");
    instances.class.forEach((_, n) => {
      const iou = bestIou(found, instances, n);
      assert(iou > 0.6, `object ${n}: IoU ${iou}`);
    });
    assert(!found.class.includes(2), "a class that never occurs is not found");
  }
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});

// Plain JavaScript takes minutes, and so does the compilation of all kernels for a software adapter.
for (const { name, runs } of backends.filter(({ name }) => name !== "cpu" && name !== "webgpu")) {
  Deno.test({
    name: `training of Mask R-CNN continues a checkpoint with the same bytes (${name})`,
    ignore: !runs,
    fn: () => resumes(name),
  });
}

async function resumes(backend: typeof backends[number]["name"]): Promise<void> {
  await useBackend(backend);
  const whole = untrained(), parted = untrained(), states: NamedTensors[] = [];
  const checkpoint = (state: NamedTensors) => Promise.resolve(void states.push(state));
  await train(task, { ...training(whole), checkpointEvery: 1, checkpoint });
  assertEquals(states.length, 2);
  await train(task, { ...training(parted), resume: states[0]! });
  const [expected, found] = [await fromParams(whole, specs), await fromParams(parted, specs)];
  for (const { name } of specs) assertEquals(found[name]!.data, expected[name]!.data, name);
  const start = untrained(), first = await fromParams(start, specs);
  const moved = heads.filter(({ name }) => String(first[name]!.data) !== String(expected[name]!.data));
  assertEquals(moved.length, heads.length, "every layer above the backbone learns");
  assertEquals(expected["stem.weight"]!.data, first["stem.weight"]!.data, "the early layers stay");
  [whole, parted, start].forEach(disposeParams);
}

Deno.test("training of Mask R-CNN on wasm gives the same bits in one thread and in Workers", async () => {
  await useBackend("wasm");
  const given = { ...scenes, c: scene([]), d: scene([{ class: 2, box: [20, 4, 50, 30] }]) };
  const parted = { ...settings, training: { ...settings.training, batch: 4, microBatch: 1 } };
  const results: NamedTensors[] = [];
  for (const workers of [1, 2, 3]) {
    const params = untrained();
    await train(taskOf(parted), { ...training(params, given), workers });
    results.push(await fromParams(params, specs));
    disposeParams(params);
  }
  for (const { name } of specs) {
    assertEquals(results[1]![name]!.data, results[0]![name]!.data, name);
    assertEquals(results[2]![name]!.data, results[0]![name]!.data, name);
  }
});

const view = (boxes: number[], labels: number[], index: number): TrainingView => ({
  boxes: Float32Array.from(boxes),
  classes: labels,
  masks: labels.map(() => new Uint8Array(64 * 64).fill(1)),
  key: [0, "mask_rcnn", 0, index],
});

const inputOf = (images: number[]) =>
  tf.tensor4d(images.flatMap((seed) => [...noise(64 * 64 * 3, seed)]), [images.length, 64, 64, 3]);

/** Proposals where the loss cannot find them itself. */
async function proposedOn(params: Params, images: number[]) {
  if (tf.getBackend() !== "webgpu") return undefined;
  const taps = tf.tidy(() => sampleNet.forward(params, inputOf(images), { taps: true }).taps);
  return await proposedRegions(params, taps, { taps: sampleNet.taps, settings, side: 64 });
}

async function lossOf(params: Params, views: TrainingView[], images: number[]): Promise<number> {
  const proposed = await proposedOn(params, images);
  const [value] = await read(() => {
    const { taps } = sampleNet.forward(params, inputOf(images), { taps: true });
    return [
      maskRcnnLoss(params, taps, { taps: sampleNet.taps, settings, classes, views, side: 64, batch: 2, proposed }),
    ];
  });
  return value![0]!;
}

onEachBackend(
  "maskRcnnLoss() of the images of a batch adds up to that of the batch, also of one without objects",
  async () => {
    const params = untrained();
    const views = [view([4, 4, 30, 40, 20, 10, 60, 60], [0, 2], 0), view([], [], 1)];
    const whole = await lossOf(params, views, [1, 2]);
    const parts = [await lossOf(params, [views[0]!], [1]), await lossOf(params, [views[1]!], [2])];
    assertClose([parts[0]! + parts[1]!], [whole], { relative: 1e-5, name: "sum" });
    assert(parts[1]! > 0, "background is learned from, too");
    disposeParams(params);
  },
);

onEachBackend("maskRcnnLoss() falls along its gradient as the gradient says", async () => {
  // Few anchors and regions, all of them drawn: what is drawn does not change with the parameters.
  const params = untrained(), names = heads.map(({ name }) => name).filter((name) => !name.startsWith("rpn."));
  const few = { ...settings, regions: 8, proposals: { perLevel: 1, most: 1 } };
  const views = [view([4, 4, 30, 40, 20, 10, 60, 60], [0, 2], 0)];
  const taps = tf.tidy(() => sampleNet.forward(params, inputOf([1]), { taps: true }).taps);
  const common = { taps: sampleNet.taps, settings: few, side: 64 };
  const proposed = await proposedRegions(params, taps.map((tap) => tap.clone()), common);
  const loss = (...tensors: tf.Tensor[]) =>
    maskRcnnLoss(
      { ...params, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) },
      taps,
      { ...common, classes, views, batch: 1, proposed },
    );
  const at = names.map((name) => params[name]!), length = 2e-3;
  const [squares, above, below] = await read(() => {
    const { grads } = tf.valueAndGrads(loss)(at);
    const squares = tf.addN(grads.map((gradient) => gradient.square().sum())), step = tf.div(length, squares.sqrt());
    const moved = (sign: number) => loss(...at.map((tensor, i) => tensor.add(grads[i]!.mul(step).mul(sign))));
    return [squares, moved(1), moved(-1)];
  });
  const slope = (above![0]! - below![0]!) / (2 * length) * Math.sqrt(squares![0]!);
  assertClose([slope], squares!, { relative: 0.02, name: "slope" });
  tf.dispose(taps);
  disposeParams(params);
});

Deno.test("maskRcnnLoss() with proposals found beforehand is what it is without", async () => {
  await useBackend("wasm");
  const params = untrained(),
    views = [view([4, 4, 30, 40], [1], 0)],
    common = { taps: sampleNet.taps, settings, side: 64 };
  const taps = tf.tidy(() => sampleNet.forward(params, inputOf([3]), { taps: true }).taps);
  const proposed = await proposedRegions(params, taps.map((tap) => tap.clone()), common);
  const [own, given] = await read(() => {
    const options = { ...common, classes, views, batch: 1 };
    return [maskRcnnLoss(params, taps, options), maskRcnnLoss(params, taps, { ...options, proposed })];
  });
  assert(proposed[0]!.length > 0);
  assertEquals(given, own);
  tf.dispose(taps);
  disposeParams(params);
});

Deno.test("training of Mask R-CNN takes an image with 60 instances and one without any", async () => {
  await useBackend("wasm");
  const params = untrained(), losses: number[] = [];
  const sixty = Array.from({ length: 60 }, (_, n): Rectangle => {
    const left = 8 * (n % 8), top = 8 * Math.floor(n / 8);
    return { class: n % 3, box: [left, top, left + 7, top + 7] };
  });
  const given = { crowd: scene(sixty), empty: scene([]) };
  await train(task, { ...training(params, given), onStep: ({ loss }) => void losses.push(loss) });
  assert(losses.length === 2 && losses.every(Number.isFinite));
  const found = await inferMaskRcnn({ backbone: sampleNet, params }, given.crowd.image, {
    ...settings,
    detections: 80,
  });
  assert(found.class.length <= 80);
  disposeParams(params);
});

Deno.test("inferMaskRcnn() takes images of any size", async () => {
  await useBackend("wasm");
  const params = untrained(), before = tf.memory().numTensors;
  for (const [height, width] of [[37, 90], [5, 3], [1, 1]] as const) {
    const found = await inferMaskRcnn({ backbone: sampleNet, params }, scene([], { height, width }).image, settings);
    assertEquals([found.height, found.width, found.mask.length], [height, width, found.class.length * height * width]);
  }
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
  disposeParams(params);
});

Deno.test("masks that do not fit their image are rejected", async () => {
  await useBackend("wasm");
  const params = untrained(), { image } = scenes.a, before = tf.memory().numTensors;
  const wrong = { image, instances: { class: [0], mask: new Uint8Array(7) } };
  await assertRejects(
    () => train(task, training(params, { wrong })),
    RangeError,
    "Expected masks of 1×64×64 values but found 7",
  );
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
  disposeParams(params);
});

Deno.test("weights of other sizes list what does not fit", () => {
  const wide = maskRcnnParameters(sampleNet.taps, { ...settings, boxWidth: 64, classes: 4 });
  const tensors = initialise(wide.filter(({ name }) => name !== "rpn.conv.weight"), { seed: 0, method: "he" });
  const load = () =>
    importWeights({ name: "detector.safetensors", metadata: {}, tensors }, heads, { ignored: [], aliases: [] });
  const error = assertThrows(load, Error, "in detector.safetensors but found");
  for (
    const line of [
      "missing: rpn.conv.weight [16,16,3,3]",
      "misshapen: box.fc6.weight, expected [32,16,7,7] but found [64,16,7,7]",
      "misshapen: mask.mask_fcn_logits.weight, expected [3,8,1,1] but found [4,8,1,1]",
    ]
  ) assert(error.message.includes(line), `${line} in ${error.message}`);
});

Deno.test("the pyramid reads the last activation of each stride of every backbone", () => {
  const channelsOf = (taps: typeof sampleNet.taps) =>
    maskRcnnParameters(taps, { ...settings, classes }).flatMap(({ name, shape }) =>
      /inner_blocks.*weight/.test(name) ? [shape[1]] : []
    );
  assertEquals(channelsOf(sampleNet.taps), [24, 96]);
  assertEquals(channelsOf(resnet50.taps), [256, 512, 2048]);
  assertEquals(channelsOf(efficientnetLite("efficientnet_lite0").taps), [144, 240, 1280]);
});
