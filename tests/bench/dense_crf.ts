/**
 * Dense CRF: four labels on a VOC-sized picture, ten iterations, lattices included, against pydensecrf (C++ with SSE);
 * two such pictures at once, each in a Worker, against pydensecrf, which has one thread, on one after the other; and the
 * confident labels of an image with one and with two classes, two CRFs each, against the same in Python.
 * Takes a picture made of smooth random areas with grain, or the one that IRNET_IMAGE names.
 * `deno run -A tests/bench/dense_crf.ts`
 * @module
 */
import { CRF_DEFAULTS, denseCrf, type DenseCrfOptions } from "../../lib/crf/mod.ts";
import { confidentLabels } from "../../lib/relation/confident_labels.ts";
import { readImage, type RgbImage } from "../../lib/data/mod.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

/** The CRF and, where asked, the reference's two runs and their merging. */
const peer = `
import sys, time, json
import numpy as np
import pydensecrf.densecrf as dcrf
from pydensecrf.utils import unary_from_labels
kind, height, width, n, repeats = json.loads(sys.argv[1]) # kind: crf, twice or confident
data = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
pixels = height*width
image = data[:3*pixels].reshape(height, width, 3).copy()
rest = data[3*pixels:]
def crf(labels):
    d = dcrf.DenseCRF2D(width, height, n)
    d.setUnaryEnergy(unary_from_labels(labels, n, gt_prob=0.7, zero_unsure=False))
    d.addPairwiseGaussian(sxy=3, compat=3)
    d.addPairwiseBilateral(sxy=50, srgb=5, rgbim=image, compat=10)
    return np.array(d.inference(10)).reshape(n, height, width)
def confident():
    maps = rest.view(np.float32).reshape(n - 1, height, width)
    def refined(threshold):
        return np.argmax(crf(np.argmax(np.pad(maps, ((1, 0), (0, 0), (0, 0)), constant_values=threshold), 0)), 0)
    sure, possible = refined(0.3), refined(0.05)
    result = sure.copy()
    result[sure == 0] = 255
    result[sure + possible == 0] = 0
    return result
labels = None if kind == "confident" else rest.reshape(height, width)
run = dict(crf=lambda: crf(labels), twice=lambda: (crf(labels), crf(labels))[1], confident=confident)[kind]
best = 1e9
for _ in range(repeats):
    start = time.perf_counter(); result = run(); best = min(best, time.perf_counter() - start)
print(json.dumps(dict(ms=best*1e3, result=result.ravel()[::97].astype(float).tolist())))
`;

/** Smooth in large areas, with edges between them and grain of a few grey levels, as photographs are. */
function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  let state = 1;
  const random = () => (state = Math.imul(state, 1664525) + 1013904223 >>> 0) / 2 ** 32;
  const waves = Array.from(
    { length: 12 },
    () => [random() / 20, random() / 20, 7 * random(), 1 + Math.floor(3 * random())],
  );
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const tone = [110, 120, 100];
      waves.forEach(([u, v, phase, channel], i) => {
        const wave = Math.sin(x * u! + y * v! + phase!);
        tone[channel! - 1]! += i < 4 ? 35 * Math.sign(wave) : 12 * wave;
      });
      const grain = 8 * (random() + random() - 1);
      tone.forEach((value, c) =>
        data[3 * (y * width + x) + c] = Math.max(0, Math.min(255, value + grain + 3 * random()))
      );
    }
  }
  return { width, height, data };
}

/** A smooth map in [0, 1] for each class. */
function cams(count: number, { width, height }: RgbImage): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count * width * height }, (_, i) => {
    const k = Math.floor(i / (width * height)), y = Math.floor(i / width) % height, x = i % width;
    return Math.max(0, Math.cos((x / width - 0.3 * (k + 1)) * 4)) * Math.max(0, Math.cos((y / height - 0.5) * 4));
  });
}

/** The share of values that differ by more than 1e-3. */
function disagreement(ours: ArrayLike<number>, theirs: readonly number[]): number {
  return theirs.filter((value, i) => !(Math.abs(value - ours[97 * i]!) < 1e-3)).length / theirs.length;
}

async function compare(
  name: string,
  settings: unknown[],
  inputs: (Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[],
  call: () => ArrayLike<number>,
): Promise<BenchResult> {
  const ours = bestOf(8, call);
  return compared(name, ours, await runPeer(peer, JSON.stringify([...settings, 4]), inputs));
}

interface Measured {
  readonly ms: number;
  readonly result: ArrayLike<number>;
}

function compared(name: string, ours: Measured, theirs: { ms: number; result: number[] }): BenchResult {
  const share = disagreement(ours.result, theirs.result);
  if (share > 1e-3) {
    throw new Error(`Expected ${name} to agree but found ${(100 * share).toFixed(2)} % different values`);
  }
  return { name, ours_ms: ours.ms, peer_ms: theirs.ms, ratio: ours.ms / theirs.ms };
}

/** Four labels in blocks. */
function blocks({ width, height }: RgbImage): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: width * height },
    (_, i) => (Math.floor(i % width / 40) * 7 + Math.floor(i / width / 40) * 3) % 4,
  );
}

/** Runs the CRF on four labels both ways and checks that the marginals agree. */
export async function run(image: RgbImage = picture(500, 375)): Promise<BenchResult> {
  const { width, height } = image, labels = blocks(image);
  return await compare(
    "dense_crf",
    ["crf", height, width, 4],
    [image.data.slice(), labels],
    () => denseCrf({ image, labels, classes: 4 }),
  );
}

/** Runs the CRF on two pictures, ours at once and the peer's one after the other. */
export async function runTwo(image: RgbImage = picture(500, 375)): Promise<BenchResult> {
  const labels = blocks(image), problem: DenseCrfOptions = { image, labels, classes: 4 };
  const workers = [0, 1].map(() => new Worker(new URL("./_crf_worker.ts", import.meta.url), { type: "module" }));
  const marginals = (worker: Worker) =>
    new Promise<Float32Array>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(problem);
    });
  let ms = Infinity, result: ArrayLike<number> = [];
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    result = (await Promise.all(workers.map(marginals)))[0]!;
    ms = Math.min(ms, performance.now() - start);
  }
  workers.forEach((worker) => worker.terminate());
  const settings = JSON.stringify(["twice", image.height, image.width, 4, 3]);
  return compared("dense_crf_two_images", { ms, result }, await runPeer(peer, settings, [image.data.slice(), labels]));
}

/** Runs the confident labels of an image with `count` classes both ways. */
export async function runConfidentLabels(count: number, image: RgbImage = picture(500, 375)): Promise<BenchResult> {
  const highRes = cams(count, image);
  const keys = Int32Array.from({ length: count }, (_, k) => k);
  return await compare(
    `confident_labels_${count}`,
    ["confident", image.height, image.width, count + 1],
    [image.data.slice(), highRes],
    () => {
      const options = { foreground: 0.3, background: 0.05, crf: CRF_DEFAULTS };
      return confidentLabels(image, { keys, highRes }, options).data;
    },
  );
}

if (import.meta.main) {
  const file = Deno.env.get("IRNET_IMAGE");
  const image = file ? await readImage(file) : picture(500, 375);
  console.log(await run(image), await runTwo(image));
  for (const count of [1, 2, 3]) console.log(await runConfidentLabels(count, image));
}
