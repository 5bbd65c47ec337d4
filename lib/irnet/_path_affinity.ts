import type { GridSize, PathIndex } from "../relation/path_index.ts";
import * as simd from "./path_affinity.wasm";

const { memory } = simd;
const VOID = 255;
/** The compiler's own data lies below. */
const base = memory.buffer.byteLength;

/** Weights of a single pair in the four losses. */
export interface PairWeights {
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

/** The planes of one image in the memory of the SIMD module, as views that the caller fills and reads. */
export class PairPlanes {
  readonly #size: GridSize;
  readonly #index: PathIndex;
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

  constructor(index: PathIndex, size: GridSize) {
    const { reach, count } = index;
    this.#index = index;
    this.#size = size;
    this.#rows = Math.max(size.height - reach, 0);
    this.#chunks = Math.ceil(Math.max(size.width - 2 * reach, 0) / 16);
    this.pitch = Math.max(size.width, 2 * reach + 16 * this.#chunks);

    const plane = size.height * this.pitch;
    const lengths = [plane, 2 * plane, plane, 2 * plane, plane, plane]
      .concat([3 * count, count, index.paths.length / 2, count + 1, 3, 32 * this.#chunks]);
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
      const dy = index.destinations[2 * d]!, dx = index.destinations[2 * d + 1]!;
      this.#offsets[d] = 4 * (dy * this.pitch + dx);
      this.#records.set([this.#offsets[d]!, dy, dx], 3 * d);
    }
    for (let point = 0; point < this.#paths.length; point++) {
      this.#paths[point] = 4 * (index.paths[2 * point]! * this.pitch + index.paths[2 * point + 1]!);
    }
    this.#starts.set(index.starts);
  }

  /** Takes a label map [H, W]. */
  setLabels(labels: Uint8Array): void {
    const { height, width } = this.#size, { reach } = this.#index;
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
    const { count, reach } = this.#index;
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
  losses(weights: PairWeights): { positive: number; negative: number; foreground: number; background: number } {
    const { count, reach } = this.#index;
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
