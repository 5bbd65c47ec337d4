import { random } from "./random.ts";

/** Options of {@linkcode epochOrder}. */
export interface EpochOrderOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
}

/**
 * The order in which an epoch of training visits its images: a shuffle that depends on the seed and the epoch alone.
 *
 * @param items Ids, or anything else; left as they are.
 * @returns The same items in another order.
 */
export function epochOrder<T>(items: readonly T[], { seed, epoch }: EpochOrderOptions): T[] {
  const order = [...items];
  const draw = random(seed, "order", epoch);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
