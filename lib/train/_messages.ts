/** Messages between `startDataParallel()` and its Workers, and the shared memory that they leave values in. */

/** Values by name, such as parameters or gradients. */
export type NamedArrays = Record<string, { shape: number[]; data: Float32Array }>;

/** Names and shapes of arrays that lie one after the other in one buffer. */
export type Shapes = readonly (readonly [name: string, shape: number[]])[];

/** First message to a worker. */
export interface StartMessage {
  readonly module: string;
  readonly settings: unknown;
  readonly params: NamedArrays;
  /** Trainable parameters in the order of `values`. */
  readonly trainable: Shapes;
  /** Their current values. */
  readonly values: SharedArrayBuffer;
}

/** Asks a worker for the gradients of a micro-batch, to be left in `gradients`. */
export interface MicroMessage {
  readonly step: number;
  readonly micro: unknown;
  readonly gradients: SharedArrayBuffer;
}

/** Loss of a micro-batch, `null` after a worker's start, and the parts that it noted, none as a rule. */
export interface Losses {
  readonly loss: number | null;
  readonly parts: number[];
}

/** A worker's answer, or what went wrong. */
export type Answer = Losses | { readonly error: string };

/** Sums over lists of equal length, value by value, in single precision. */
export function sumsOf(lists: readonly ArrayLike<number>[]): number[] {
  return Array.from(lists[0] ?? [], (_, i) => lists.reduce((sum, list) => Math.fround(sum + list[i]!), 0));
}

/** Float arrays of the given shapes, one after the other in one buffer. */
export function viewsOf(
  buffer: ArrayBufferLike,
  shapes: Shapes,
): Record<string, { shape: number[]; data: Float32Array<ArrayBufferLike> }> {
  let begin = 0;
  return Object.fromEntries(shapes.map(([name, shape]) => {
    const length = sizeOf(shape);
    const data = new Float32Array(buffer, begin * 4, length);
    begin += length;
    return [name, { shape, data }];
  }));
}

/** Number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}
