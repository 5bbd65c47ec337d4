/**
 * Training: one trainer for all networks. A network's `task.ts` says its parameters, views and loss; order, micro-batches,
 * optimiser, Workers and checkpoints are here.
 *
 * @example
 * ```ts
 * import { trainingSteps } from "@irnet/irnet/train";
 * const steps = trainingSteps(10_582, { batch: 16, epochs: 5 }); // 3305
 * ```
 * @module
 */
export { decodeCheckpoint, encodeCheckpoint, NonFiniteError } from "./checkpoint.ts";
export * from "./epochs.ts";
export * from "./loop.ts";
export * from "./loss.ts";
export * from "./optimiser.ts";
export * from "./task.ts";
export * from "./train.ts";
export * from "./watch.ts";
