/** What `startDataParallel()` and its workers tell each other. */
import type { NamedArrays } from "./_named_arrays.ts";

/** First message to a worker. */
export interface StartMessage {
  readonly module: string;
  readonly settings: unknown;
  readonly params: NamedArrays;
  /** Trainable parameters in the order of `values`. */
  readonly trainable: readonly (readonly [name: string, shape: number[]])[];
  /** Their current values. */
  readonly values: SharedArrayBuffer;
}

/** Asks a worker for the gradients of a micro-batch, to be left in `gradients`. */
export interface MicroMessage {
  readonly step: number;
  readonly micro: unknown;
  readonly gradients: SharedArrayBuffer;
}

/** A worker's answer: the loss, `null` after its start, or what went wrong. */
export type Answer = { readonly loss: number | null } | { readonly error: string };
