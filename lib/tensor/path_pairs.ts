/** Losses on pairs of pixels that are joined by paths over a boundary map, on the processor. */
import * as simd from "./path_pairs.wasm";

const { memory } = simd;
const VOID = 255;
/** The compiler's own data lies below. */
const base = memory.buffer.byteLength;

/** Pairs of pixels, alike at every source, and the paths between them; offsets are (dy, dx) from the source. */
export interface PathPairs {
  /** Largest coordinate of an offset. */
  readonly reach: number;
  /** Number of destinations of each source. */
  readonly count: number;
  /** [count, 2] offsets of the destinations. */
  readonly destinations: Int32Array;
  /** [count + 1] where the path of each destination starts in `paths`, counted in points. */
  readonly starts: Int32Array;
  /** [starts[count], 2] offsets of the path points. */
  readonly paths: Int32Array;
}

/** Pairs and labels. */
export interface LabelledPaths {
  /** One label map [H, W] an image: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Which pixels make pairs. */
  readonly pairs: PathPairs;
  /** Height and width of all maps. */
  readonly size: { readonly height: number; readonly width: number };
}

/** Pairs, labels and what each pair counts. */
export interface WeightedPaths extends LabelledPaths {
  /** Weights of the pairs. */
  readonly weights: PathWeights;
}

type MapSize = LabelledPaths["size"];

/** Weights of a single pair in the four losses. */
export interface PathWeights {
  /** Of an equal background pair in the affinity loss. */
  readonly affinityBackground: number;
  /** Of an equal foreground pair in the affinity loss. */
  readonly affinityForeground: number;
  /** Of a pair of different classes in the affinity loss. */
  readonly affinityNegative: number;
  /** Of a channel of an equal foreground pair in the displacement loss. */
  readonly displacementForeground: number;
  /** Of a channel of an equal background pair in the displacement loss. */
  readonly displacementBackground: number;
}

/** Weighted losses of all pairs, and their gradients. */
export interface PathLosses {
  /** Sum of the four losses; not finite where a value is not, also where no pair looks. */
  readonly total: number;
  /** Sum over equal pairs of −ln affinity. */
  readonly positive: number;
  /** Sum over different pairs of −ln (1 − affinity). */
  readonly negative: number;
  /** Sum over equal foreground pairs of |D(source) − D(destination) − offset|. */
  readonly foreground: number;
  /** Sum over equal background pairs of |D(source) − D(destination)|. */
  readonly background: number;
  /** [B, H, W] gradient of the total by the boundary logits. */
  readonly logitsGradient: Float32Array<ArrayBuffer>;
  /** [B, H, W, 2] gradient of the total by the displacement. */
  readonly displacementGradient: Float32Array<ArrayBuffer>;
}

/**
 * Counts the pairs of some images by their labels.
 *
 * @param options Labels and pairs.
 * @returns Equal background, equal foreground, and different pairs.
 */
export function countPathPairs(
  { labels, pairs, size }: LabelledPaths,
): { background: number; foreground: number; negative: number } {
  const planes = new PairPlanes(pairs, size);
  const counts = { background: 0, foreground: 0, negative: 0 };
  for (const map of labels) {
    planes.setLabels(map);
    const [background, foreground, negative] = planes.count();
    counts.background += background;
    counts.foreground += foreground;
    counts.negative += negative;
  }
  return counts;
}

/**
 * The losses on all pairs of some images, and their gradients. An affinity is one minus the highest boundary
 * probability on the path of a pair; its gradient goes to the first point of the path that has it.
 *
 * @param logits [B, H, W] boundary before the sigmoid.
 * @param displacement [B, H, W, 2] (dy, dx) in pixels.
 * @param options Labels, pairs and weights.
 * @returns The losses, weighted.
 */
export function pathPairLosses(
  logits: Float32Array,
  displacement: Float32Array,
  { labels, pairs, size, weights }: WeightedPaths,
): PathLosses {
  const { height, width } = size, pixels = height * width, count = labels.length;
  const planes = new PairPlanes(pairs, size);
  const sums = { positive: 0, negative: 0, foreground: 0, background: 0 };
  const logitsGradient = new Float32Array(count * pixels);
  const displacementGradient = new Float32Array(2 * count * pixels);
  let nonFinite = 0; // NaN where a value is not finite, also where no pair looks

  const channel = planes.displacement.length / 2;
  labels.forEach((map, image) => {
    planes.setLabels(map);
    planes.boundaryGradient.fill(0);
    planes.displacementGradient.fill(0);
    for (let y = 0, from = image * pixels; y < height; y++) {
      for (let x = 0, to = y * planes.pitch; x < width; x++, from++, to++) {
        const logit = logits[from]!, dy = displacement[2 * from]!, dx = displacement[2 * from + 1]!;
        planes.boundary[to] = 1 / (1 + Math.exp(-logit));
        planes.displacement[to] = dy;
        planes.displacement[channel + to] = dx;
        nonFinite += 0 * (logit + dy + dx);
      }
    }
    const parts = planes.losses(weights);
    sums.positive += parts.positive;
    sums.negative += parts.negative;
    sums.foreground += parts.foreground;
    sums.background += parts.background;
    for (let y = 0, to = image * pixels; y < height; y++) {
      for (let x = 0, from = y * planes.pitch; x < width; x++, from++, to++) {
        const probability = planes.boundary[from]!;
        logitsGradient[to] = planes.boundaryGradient[from]! * probability * (1 - probability);
        displacementGradient[2 * to] = planes.displacementGradient[from]!;
        displacementGradient[2 * to + 1] = planes.displacementGradient[channel + from]!;
      }
    }
  });
  const total = sums.positive + sums.negative + sums.foreground + sums.background + nonFinite;
  return { total, ...sums, logitsGradient, displacementGradient };
}

/** The planes of one image in the memory of the SIMD module, as views that the caller fills and reads. */
class PairPlanes {
  readonly #size: MapSize;
  readonly #pairs: PathPairs;
  readonly #rows: number;
  readonly #chunks: number;
  /** Values from one row of a plane to the next. */
  readonly pitch: number;
  /** [H, pitch] boundary probabilities. */
  readonly boundary: Float32Array;
  /** [2, H, pitch] displacement, y before x. */
  readonly displacement: Float32Array;
  /** [H, pitch] gradient of the boundary probabilities. */
  readonly boundaryGradient: Float32Array;
  /** [2, H, pitch] gradient of the displacement. */
  readonly displacementGradient: Float32Array;
  readonly #sources: Int32Array;
  readonly #destinations: Int32Array;
  readonly #records: Int32Array;
  readonly #offsets: Int32Array;
  readonly #paths: Int32Array;
  readonly #starts: Int32Array;
  readonly #counts: Int32Array;
  readonly #scratch: Int32Array;

  constructor(pairs: PathPairs, size: MapSize) {
    const { reach, count } = pairs;
    this.#pairs = pairs;
    this.#size = size;
    this.#rows = Math.max(size.height - reach, 0);
    this.#chunks = Math.ceil(Math.max(size.width - 2 * reach, 0) / 16);
    this.pitch = Math.max(size.width, 2 * reach + 16 * this.#chunks);

    const plane = size.height * this.pitch;
    const lengths = [plane, 2 * plane, plane, 2 * plane, plane, plane]
      .concat([3 * count, count, pairs.paths.length / 2, count + 1, 3, 32 * this.#chunks]);
    let end = base;
    const starts = lengths.map((length) => {
      const start = end;
      end += Math.ceil(length / 16) * 64;
      return start;
    });
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const f32 = (i: number) => new Float32Array(memory.buffer, starts[i]!, lengths[i]!).fill(0);
    const i32 = (i: number) => new Int32Array(memory.buffer, starts[i]!, lengths[i]!);
    [this.boundary, this.displacement, this.boundaryGradient, this.displacementGradient] = [
      f32(0),
      f32(1),
      f32(2),
      f32(3),
    ];
    [this.#sources, this.#destinations, this.#records, this.#offsets] = [i32(4), i32(5), i32(6), i32(7)];
    [this.#paths, this.#starts, this.#counts, this.#scratch] = [i32(8), i32(9), i32(10), i32(11)];

    for (let d = 0; d < count; d++) {
      const dy = pairs.destinations[2 * d]!, dx = pairs.destinations[2 * d + 1]!;
      this.#offsets[d] = 4 * (dy * this.pitch + dx);
      this.#records.set([this.#offsets[d]!, dy, dx], 3 * d);
    }
    for (let point = 0; point < this.#paths.length; point++) {
      this.#paths[point] = 4 * (pairs.paths[2 * point]! * this.pitch + pairs.paths[2 * point + 1]!);
    }
    this.#starts.set(pairs.starts);
  }

  /** Takes a label map [H, W]. */
  setLabels(labels: Uint8Array): void {
    const { height, width } = this.#size, { reach } = this.#pairs;
    this.#sources.fill(-1);
    this.#destinations.fill(-2);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const label = labels[y * width + x]!;
        if (label === VOID) continue;
        this.#destinations[y * this.pitch + x] = label;
        if (y < this.#rows && x >= reach && x < width - reach) this.#sources[y * this.pitch + x] = label;
      }
    }
  }

  /** Counts the pairs of the labels: equal background, equal foreground, different. */
  count(): [background: number, foreground: number, negative: number] {
    const { count, reach } = this.#pairs;
    simd.pairCounts(
      this.#sources.byteOffset,
      this.#destinations.byteOffset,
      this.#offsets.byteOffset,
      count,
      4 * reach,
      this.#rows,
      this.#chunks,
      4 * this.pitch,
      this.#counts.byteOffset,
    );
    return [this.#counts[0]!, this.#counts[1]!, this.#counts[2]!];
  }

  /** Weighted sums of the losses over all pairs; adds to both gradient planes. */
  losses(weights: PathWeights): { positive: number; negative: number; foreground: number; background: number } {
    const { count, reach } = this.#pairs;
    simd.pairLosses(
      this.boundary.byteOffset,
      this.displacement.byteOffset,
      this.boundaryGradient.byteOffset,
      this.displacementGradient.byteOffset,
      this.#sources.byteOffset,
      this.#destinations.byteOffset,
      this.#records.byteOffset,
      this.#paths.byteOffset,
      this.#starts.byteOffset,
      this.#scratch.byteOffset,
      count,
      4 * reach,
      this.#rows,
      this.#chunks,
      4 * this.pitch,
      this.boundary.byteLength,
      weights.affinityBackground,
      weights.affinityForeground,
      weights.affinityNegative,
      weights.displacementForeground,
      weights.displacementBackground,
    );
    return {
      positive: simd.positive(),
      negative: simd.negative(),
      foreground: simd.foreground(),
      background: simd.background(),
    };
  }
}
