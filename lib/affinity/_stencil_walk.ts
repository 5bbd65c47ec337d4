import { pathIndex } from "../relation/path_index.ts";
import { inverseDegrees, memory, pairWeights, step } from "./random_walk.wasm";

/** Maps that walk together. */
export const GROUP = 4;

/** Grid and exponent of a walk. */
interface WalkGrid {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Search radius in pixels. */
  readonly radius: number;
  /** Exponent on affinities. */
  readonly beta: number;
}

/** Source of a walk's affinities. */
type WalkSource =
  /** [H, W] class-boundary probabilities: an affinity is one minus the highest on the path of its pair. */
  | { readonly boundary: Float32Array }
  /** [pairs, H, W] affinities between a pixel and the pixel at each offset of the path index; 0 outside. */
  | { readonly affinities: Float32Array };

/** The compiler's own data lies below. */
const base = memory.buffer.byteLength;

/** The walk whose weights the module's memory holds. */
let resident: StencilWalk | null = null;

/** The transition of a walk, in the memory of the SIMD module. */
export class StencilWalk {
  readonly #source: WalkSource;
  readonly #grid: WalkGrid;
  readonly #chunks: number;
  readonly #pitch: number;
  readonly #reach: number; // rows of padding above and below
  readonly #left: number; // columns of padding, also those on the right of the row before
  readonly #paths: Int32Array;
  readonly #starts: Int32Array;
  readonly #offsets: Int32Array;
  readonly #at: { paths: number; starts: number; offsets: number; boundary: number; inverse: number; weights: number };
  readonly #planes: [number, number, number]; // of four maps each
  readonly #end: number;

  constructor(source: WalkSource, grid: WalkGrid) {
    const { height, width, radius } = grid;
    const index = pathIndex(radius);
    this.#source = source;
    this.#grid = grid;
    this.#chunks = Math.ceil(width / 4);
    this.#reach = index.reach;
    this.#left = Math.ceil(index.reach / 4) * 4;
    const pitch = this.#pitch = this.#left + 4 * this.#chunks;
    const rows = index.reach + height + index.reach + 1;

    this.#starts = index.starts;
    this.#paths = new Int32Array(index.paths.length / 2);
    this.#paths.forEach((_, i) => this.#paths[i] = 4 * (index.paths[2 * i]! * pitch + index.paths[2 * i + 1]!));
    this.#offsets = new Int32Array(2 * index.count);
    for (let k = 0; k < index.count; k++) {
      const dy = index.destinations[2 * k]!, dx = index.destinations[2 * k + 1]!;
      this.#offsets[2 * k] = 4 * (dy * GROUP * pitch + dx);
      this.#offsets[2 * k + 1] = 4 * (dy * index.count * pitch + dx);
    }

    let end = base;
    const reserve = (values: number) => {
      const at = end;
      end += Math.ceil(values / 16) * 64;
      return at;
    };
    const plane = rows * pitch;
    this.#at = {
      paths: reserve(this.#paths.length),
      starts: reserve(this.#starts.length),
      offsets: reserve(this.#offsets.length),
      boundary: reserve(plane),
      inverse: reserve(plane),
      weights: reserve(plane * index.count),
    };
    this.#planes = [reserve(GROUP * plane), reserve(GROUP * plane), reserve(GROUP * plane)];
    this.#end = end;
  }

  get #count(): number {
    return this.#starts.length - 1;
  }

  /** Brings the weights into memory, unless they are there. */
  #prepare(): void {
    if (resident === this) return;
    resident = this;
    const missing = this.#end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const { height, beta } = this.#grid;
    const { paths, starts, offsets, boundary, inverse, weights } = this.#at;
    new Int32Array(memory.buffer, offsets).set(this.#offsets);
    new Float32Array(memory.buffer, inverse, (this.#planes[0] - inverse) / 4).fill(0);
    const start = this.#first(1), pitch = this.#pitch, count = this.#count, chunks = this.#chunks;
    const to = weights + 4 * this.#first(count);
    if ("boundary" in this.#source) {
      new Int32Array(memory.buffer, paths).set(this.#paths);
      new Int32Array(memory.buffer, starts).set(this.#starts);
      this.#placeBoundary(this.#source.boundary);
      pairWeights(boundary + 4 * start, to, paths, starts, count, height, chunks, pitch, beta);
    } else this.#placeWeights(this.#source.affinities);
    inverseDegrees(to, inverse + 4 * start, offsets, count, height, chunks, pitch);
  }

  /** Writes the boundary map into its plane; the padding is 1, which nothing passes. */
  #placeBoundary(map: Float32Array): void {
    const { height, width } = this.#grid, { boundary, inverse } = this.#at;
    const plane = new Float32Array(memory.buffer, boundary, (inverse - boundary) / 4).fill(1);
    for (let y = 0; y < height; y++) {
      plane.set(map.subarray(y * width, (y + 1) * width), this.#first(1) + y * this.#pitch);
    }
  }

  /** Writes affinity^β into the plane of weights. */
  #placeWeights(affinities: Float32Array): void {
    const { height, width, beta } = this.#grid, count = this.#count;
    const plane = new Float32Array(memory.buffer, this.#at.weights);
    for (let k = 0, from = 0; k < count; k++) {
      for (let y = 0; y < height; y++) {
        let to = this.#first(count) + (y * count + k) * this.#pitch;
        for (let x = 0; x < width; x++) plane[to++] = affinities[from++]! ** beta;
      }
    }
  }

  /** Where the grid's first pixel lies in a plane that holds `values` values a pixel, interleaved by rows. */
  #first(values: number): number {
    return this.#reach * values * this.#pitch + this.#left;
  }

  /**
   * Lets up to four maps walk.
   *
   * @param method "chebyshev" and "steps" agree to rounding; "auto" takes the one with fewer products.
   */
  run(maps: readonly Float32Array[], steps: number, method: "auto" | "chebyshev" | "steps" = "auto"): Float32Array[] {
    if (maps.length === 0) return [];
    this.#prepare();
    const { height, width } = this.#grid;
    const [a, b, sum] = this.#planes;
    const planes = new Float32Array(memory.buffer, a, (this.#end - a) / 4).fill(0);
    const result = (sum - a) / 4;

    const polynomial = method === "steps" ? null : walkPolynomial(steps);
    const expand = polynomial !== null && (method === "chebyshev" || polynomial.length <= steps);
    const coefficients = expand ? polynomial : new Float64Array(steps + 1).fill(1, steps);
    const first = this.#first(GROUP);
    maps.forEach((map, m) => {
      for (let y = 0; y < height; y++) {
        const row = map.subarray(y * width, (y + 1) * width);
        const at = first + (GROUP * y + m) * this.#pitch;
        planes.set(row, at);
        planes.set(row.map((value) => coefficients[0]! * value), result + at);
      }
    });

    const pad = 4 * first;
    const { weights, inverse, offsets } = this.#at;
    for (let k = 1, current = a, previous = b; k < coefficients.length; k++) {
      const later = expand && k > 1;
      step(
        current + pad,
        previous + pad,
        sum + pad,
        weights + 4 * this.#first(this.#count),
        inverse + 4 * this.#first(1),
        offsets,
        this.#count,
        height,
        this.#chunks,
        this.#pitch,
        later ? 2 : 1,
        later ? 1 : 0,
        coefficients[k]!,
      );
      [current, previous] = [previous, current];
    }

    return maps.map((_, m) => {
      const out = new Float32Array(height * width);
      for (let y = 0; y < height; y++) {
        const at = result + first + (GROUP * y + m) * this.#pitch;
        out.set(planes.subarray(at, at + width), y * width);
      }
      return out;
    });
  }
}

/**
 * The power λⁿ as a short sum of Chebyshev polynomials on [−1, 1], where all eigenvalues of a random walk on an
 * undirected graph lie: n steps of the walk become about 6·√n products.
 *
 * The coefficient of the k-th polynomial is binomial(n, (n − k) / 2) / 2ⁿ⁻¹ (half of it for k = 0) and falls like a
 * Gaussian of standard deviation √n. The list ends where all that is left out is below `tolerance`; what remains is scaled to
 * sum to 1, so that constants stay constant.
 *
 * @returns Coefficients by degree.
 */
export function walkPolynomial(steps: number, tolerance = 1e-7): Float64Array {
  // Relative to the middle of the row of Pascal's triangle; every other degree is zero.
  const odd = steps % 2;
  const terms = [odd ? 2 : 1];
  let sum = terms[0]!;
  for (let chosen = (steps - odd) / 2, term = 2; chosen > 0; chosen--) {
    term *= chosen / (steps - chosen + 1);
    terms.push(term);
    sum += term;
  }
  let kept = terms.length, tail = 0;
  while (tail + terms[kept - 1]! <= tolerance * sum) tail += terms[--kept]!;
  const coefficients = new Float64Array(odd + 2 * kept - 1);
  for (let k = 0; k < kept; k++) coefficients[odd + 2 * k] = terms[k]! / (sum - tail);
  return coefficients;
}
