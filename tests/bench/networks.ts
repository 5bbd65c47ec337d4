/**
 * ResNet-50 at stride 16, and what IRNet computes with it, on the `tensorflow` backend against PyTorch on as many threads
 * (`peers/networks.py` says in which configuration).
 * `deno run -A tests/bench/networks.ts [names…]`
 * @module
 */
import { cpus } from "node:os";
import { camTask, classifierParameters, extractCam } from "../../lib/cam/mod.ts";
import { headParameters, inferIrnet, irnetTask, pairCounts } from "../../lib/irnet/mod.ts";
import { initialise, resnet50 } from "../../lib/nn/mod.ts";
import { pathIndex } from "../../lib/relation/mod.ts";
import { presets } from "../../lib/config/config.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { taskLoss } from "../../lib/train/mod.ts";
import type { RgbImage } from "../../lib/data/mod.ts";
import { type ParameterSpec, type Params, toParams } from "../../lib/weights/mod.ts";
import { openGradients } from "./_gradients.ts";
import { type BenchResult, runPeer } from "./_peer.ts";

const SIDE = 512, CLASSES = 20;

/** A piece of work that both sides do. */
interface Work {
  /** Its name among the peer's, with the peer's precision. */
  readonly peer: string;
  readonly precision: "auto" | "float32" | "bfloat16";
  readonly batch: number;
  readonly repeats: number;
  /** Makes what is timed. */
  open(batch: number): () => void | Promise<void>;
}

const trunk = (kind: "forward" | "training", precision: "float32" | "bfloat16", batch: number): Work => ({
  peer: `${kind} ${precision}`,
  precision,
  batch,
  repeats: 5,
  open: kind === "forward" ? openForward : openTraining,
});

/** The comparisons by name. */
export const works: Readonly<Record<string, Work>> = {
  forward_1: trunk("forward", "float32", 1),
  forward_4: trunk("forward", "float32", 4),
  training_1: trunk("training", "float32", 1),
  training_4: trunk("training", "float32", 4),
  forward_bfloat16_4: trunk("forward", "bfloat16", 4),
  training_bfloat16_4: trunk("training", "bfloat16", 4),
  cam_step: { peer: "cam_step", precision: "auto", batch: 4, repeats: 3, open: openCamStep },
  cam_extraction: { peer: "cam_extraction", precision: "auto", batch: 1, repeats: 3, open: openCamExtraction },
  irnet_step: { peer: "irnet_step", precision: "auto", batch: 4, repeats: 3, open: openIrnetStep },
  irnet_inference: { peer: "irnet_inference", precision: "auto", batch: 1, repeats: 3, open: openIrnetInference },
};

/** Measures one of {@linkcode works}. */
export async function run(name: string): Promise<BenchResult> {
  const { peer, precision, batch, repeats, open } = works[name]!;
  await useBackend("tensorflow", { precision });
  tf.engine().startScope();
  const step = open(batch);
  await step();
  let ours = Infinity;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await step();
    ours = Math.min(ours, performance.now() - start);
  }
  tf.engine().endScope();
  const { ms } = await runPeer(
    await Deno.readTextFile(new URL("peers/networks.py", import.meta.url)),
    JSON.stringify([peer, batch, SIDE, repeats, cpus().length]),
    [],
  );
  return { name, ours_ms: ours, peer_ms: ms, ratio: ours / ms };
}

/** Random parameters of the backbone and the layers above it. */
function parameters(above: readonly ParameterSpec[]): Params {
  const drawn = { ...resnet50.initialise(0), ...initialise(above, { seed: 1, method: "he" }) };
  return toParams(drawn, [...resnet50.parameters, ...above]);
}

function openForward(batch: number): () => void {
  const params = resnet50.fold(parameters([])), images = tf.randomNormal<tf.Rank.R4>([batch, SIDE, SIDE, 3]);
  return () =>
    tf.tidy(() => void resnet50.forward(params, images).features.slice([0, 0, 0, 0], [1, 1, 1, 1]).dataSync());
}

function openTraining(batch: number): () => void {
  const params = resnet50.fold(parameters([])), images = tf.randomNormal<tf.Rank.R4>([batch, SIDE, SIDE, 3]);
  return openGradients(params, Object.keys(params), (current) => resnet50.forward(current, images).features.mean());
}

function openCamStep(batch: number): () => void {
  const params = parameters(classifierParameters(resnet50, CLASSES));
  const trained = Object.keys(params).filter((name) => resnet50.trainsForCam(name) || name === "classifier.weight");
  const frozen = resnet50.fold(Object.fromEntries(Object.entries(params).filter(([name]) => !trained.includes(name))));
  const loss = taskLoss(
    camTask(resnet50, { classes: CLASSES, training: { ...presets.paper.cam.training, crop: SIDE } }),
  );
  const images = noise(batch * SIDE * SIDE * 3), labels = noise(batch * CLASSES).map((value) => value > 0.4 ? 1 : 0);
  return openGradients(
    { ...params, ...frozen },
    trained,
    (current) => loss({ ...current, ...frozen }, { images, targets: { labels, fraction: 1 / batch } }),
  );
}

function openCamExtraction(): () => Promise<void> {
  const params = parameters(classifierParameters(resnet50, CLASSES)), image = photograph();
  const network = { backbone: resnet50, params: { ...params, ...resnet50.fold(params) } };
  return async () => void await extractCam(network, image, { labels: [3, 7], scales: [1, 0.5, 1.5, 2] });
}

function openIrnetStep(batch: number): () => void {
  const heads = headParameters(resnet50.taps, 256), params = parameters(heads), side = SIDE / 4;
  const labels = Array.from({ length: batch }, () => labelMap(side)), index = pathIndex(10);
  const training = { ...presets.paper.irnet.training, crop: SIDE, radius: 10, backgroundDisplacement: 1 };
  const loss = taskLoss(irnetTask(resnet50, { training, displacementWidth: 256 }));
  const images = noise(batch * SIDE * SIDE * 3);
  const all = { ...params, ...resnet50.fold(params) };
  return openGradients(all, heads.map(({ name }) => name), (current) => {
    const counts = pairCounts(labels, { index, size: { height: side, width: side } });
    return loss(current, { images, targets: { labels, counts } });
  });
}

function openIrnetInference(): () => Promise<void> {
  const params = parameters(headParameters(resnet50.taps, 256)), image = photograph();
  const irnet = {
    backbone: resnet50,
    params: { ...params, ...resnet50.fold(params) },
    meanDisplacement: [0, 0] as [number, number],
  };
  return async () => void await inferIrnet(irnet, image);
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (i * 2654435761 % 4096) / 4096 - 0.5);
}

function photograph(): RgbImage {
  const width = 500, height = 375;
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 2654435761 % 256) };
}

/** The peer's: an object with an uncertain rim on background. */
function labelMap(side: number): Uint8Array {
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const y = Math.floor(i / side), x = i % side;
    if (y >= 20 && y < 90 && x >= 30 && x < 80) return 3;
    return y >= 18 && y < 92 && x >= 28 && x < 82 && (x < 30 || y < 20) ? 255 : 0;
  });
}

if (import.meta.main) {
  for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(works)) console.log(await run(name));
}
