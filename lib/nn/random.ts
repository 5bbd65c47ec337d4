/** A stream of random numbers that depends on its name alone. */
export interface Random {
  /** Uniform in [low, high), by default [0, 1). */
  uniform(low?: number, high?: number): number;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
  /** Uniform integer in [low, high). */
  int(low: number, high: number): number;
  /** Shuffles an array in place and returns it. */
  shuffle<T>(items: T[]): T[];
}

/**
 * Stream of random numbers keyed by a seed and any number of keys, such as epoch and index: the same numbers whatever
 * was drawn elsewhere, on every machine.
 *
 * @param seed Seed of the run.
 * @param keys What the stream is for; `random(0, "crop", 3)` and `random(0, "crop", 4)` are independent.
 * @returns The stream, at its start.
 * @example
 * ```ts
 * const left = random(seed, "crop", epoch, index).int(0, space + 1);
 * ```
 */
export function random(seed: number, ...keys: (string | number)[]): Random {
  return namedRandom([seed, ...keys].join("/"));
}

/** As {@linkcode random}, keyed by one name: mulberry32 in counter form, seeded with FNV-1a of the name. */
export function namedRandom(name: string): Random {
  let state = fnv1a(name);
  const uniform = (low = 0, high = 1) => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32);
  };
  const int = (low: number, high: number) => low + Math.floor(uniform() * (high - low));
  return {
    uniform,
    // The polar angle's uniform comes second; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    int,
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = int(0, i + 1);
        [items[i], items[j]] = [items[j]!, items[i]!];
      }
      return items;
    },
  };
}

/** 32-bit FNV-1a hash of a text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let hash = 0x811C9DC5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
