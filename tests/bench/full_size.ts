/**
 * Ways to bring scores of an image that was read small to its full size: bilinear, a guided filter (the one in use) and
 * a dense CRF, by the IoU of the masks with ground truth, and time. Scores are ground truth itself, averaged over the
 * cells of the small image's maps at stride 4 and blurred by a cell or two, so that nothing but the way is judged.
 * `deno run -A tests/bench/full_size.ts VOCdevkit/VOC2012 [factor, default 3] [images, default 112]`
 * @module
 */
import { CRF_DEFAULTS, denseCrf } from "../../lib/crf/mod.ts";
import { openDataset, readList, type RgbImage } from "../../lib/data/mod.ts";
import { VOC_CLASSES } from "../../lib/data/class_names.ts";
import { groundTruthInstances } from "../../lib/evaluation/mod.ts";
import { textTable } from "../../lib/files/terminal.ts";
import { strongestUpsampled } from "../../lib/synthesis/_strongest.ts";

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Means of a mask over the cells of a grid that covers `size`. */
function cellMeans(mask: Uint8Array, { height, width }: RgbImage, { rows, columns }: Grid, cell: number): Float32Array {
  const sums = new Float32Array(rows * columns), counts = new Float32Array(rows * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = Math.min(rows - 1, Math.floor(y / cell)) * columns + Math.min(columns - 1, Math.floor(x / cell));
      sums[at]! += mask[y * width + x]!;
      counts[at]!++;
    }
  }
  return sums.map((sum, i) => sum / counts[i]!);
}

/** A Gaussian blur by `sigma` cells, borders repeated, divided by its maximum. */
function blurred(map: Float32Array, { rows, columns }: Grid, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma),
    weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const clamp = (i: number, length: number) => Math.min(length - 1, Math.max(0, i));
  const along = (from: Float32Array, at: (y: number, x: number, step: number) => number) =>
    from.map((_, i) =>
      weights.reduce((sum, weight, k) => sum + weight * from[at(Math.floor(i / columns), i % columns, k - reach)]!, 0)
    );
  const wide = along(map, (y, x, step) => y * columns + clamp(x + step, columns));
  const all = along(wide, (y, x, step) => clamp(y + step, rows) * columns + x),
    peak = all.reduce((a, b) => Math.max(a, b));
  return all.map((value) => value / peak);
}

function bilinear(map: Float32Array, { height, width }: RgbImage, { rows, columns }: Grid, cell: number): Float32Array {
  const between = (i: number, cells: number) => {
    const at = Math.min(Math.max((i + 0.5) / cell - 0.5, 0), cells - 1), low = Math.floor(at);
    return { low, high: Math.min(low + 1, cells - 1), part: at - low };
  };
  const xs = Array.from({ length: width }, (_, x) => between(x, columns)), out = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const { low, high, part } = between(y, rows);
    xs.forEach((x, i) => {
      const line = (row: number) => map[row * columns + x.low]! * (1 - x.part) + map[row * columns + x.high]! * x.part;
      out[y * width + i] = line(low) * (1 - part) + line(high) * part;
    });
  }
  return out;
}

function crf(image: RgbImage, scores: Float32Array): Float32Array {
  const energies = new Float32Array(2 * scores.length);
  scores.forEach((score, i) => {
    const sure = Math.min(0.95, Math.max(0.05, score));
    energies[i] = -Math.log(1 - sure);
    energies[scores.length + i] = -Math.log(sure);
  });
  const bilateral = { position: 30, colour: 13, weight: 4 }; // its default colours are for confident areas
  return denseCrf({ ...CRF_DEFAULTS, bilateral, image, classes: 2, unary: energies }).subarray(scores.length);
}

const [root, factor = "3", most = "112"] = Deno.args;
if (root === undefined) throw new Error("Expected the folder of VOC2012 but found no argument");
const dataset = await openDataset({ root, labels: null, classes: VOC_CLASSES });
const cell = 4 * Number(factor), found = new Map<string, { iou: number; seconds: number; count: number }>();
for (const id of readList(root, "val_instance")!.ids.slice(0, Number(most))) {
  const image = await dataset.readImage(id), classes = (await dataset.readClassMask(id))!, { height, width } = image;
  const truth = groundTruthInstances((await dataset.readInstanceMask(id))!, classes), size = height * width;
  const grid = { rows: Math.ceil(height / cell), columns: Math.ceil(width / cell) };
  const small = { height: height / Number(factor), width: width / Number(factor) };
  for (let n = 0; n < truth.class.length; n++) {
    const mask = truth.mask.subarray(n * size, (n + 1) * size);
    if (mask.reduce((sum, inside) => sum + inside, 0) < 0.01 * size) continue;
    for (const sigma of [1, 2]) {
      const map = blurred(cellMeans(mask, image, grid, cell), grid, sigma);
      const ways = {
        bilinear: () => bilinear(map, image, grid, cell),
        "guided filter": () => strongestUpsampled([map], { ...small, ...grid, peak: 1, floor: 0, guide: image }).score,
        "dense CRF": () => crf(image, bilinear(map, image, grid, cell)),
      };
      for (const [name, way] of Object.entries(ways)) {
        const start = performance.now(), scores = way(), seconds = (performance.now() - start) / 1000;
        let both = 0, either = 0;
        scores.forEach((score, i) => {
          if (classes.data[i] === 255) return;
          both += Number(score > 0.5 && mask[i] === 1);
          either += Number(score > 0.5 || mask[i] === 1);
        });
        const key = `${name}, blurred by ${sigma}`, old = found.get(key) ?? { iou: 0, seconds: 0, count: 0 };
        found.set(key, { iou: old.iou + both / either, seconds: old.seconds + seconds, count: old.count + 1 });
      }
    }
  }
}
const rows = [...found].map(([name, { iou, seconds, count }]) => [
  ...[name, (100 * iou / count).toFixed(1), `${Math.round(1000 * seconds / count)} ms`, String(count)],
]);
console.log(textTable([["way", "IoU", "time", "objects"], ...rows]));
