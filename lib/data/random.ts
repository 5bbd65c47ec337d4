/** Source of numbers from [0, 1), in the same order on every machine. */
export type Random = () => number;

/**
 * Makes a source of random numbers of its own for every key, so that what an image draws depends on its key alone.
 *
 * The draws of data and augmentation come from here; those that initialise parameters have a source in their own room.
 *
 * @param seed The run's seed.
 * @param keys What the draws are for, such as the epoch and the index of an image.
 * @example
 * ```ts
 * import { random } from "./random.ts";
 * const draw = random(0, 3, 17); // seed 0, epoch 3, image 17
 * const flipped = draw() < 0.5;
 * ```
 */
export function random(seed: number, ...keys: readonly (number | string)[]): Random {
  let state = mix(seed >>> 0, 0x9e3779b9);
  for (const key of keys) {
    if (typeof key === "number") state = mix(state, key);
    else for (let i = 0; i < key.length; i++) state = mix(state, key.charCodeAt(i));
    state = mix(state, 0x632be5ab); // ends the key, so that (1, 23) and (12, 3) or "ab", "c" and "a", "bc" differ
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mix(state: number, value: number): number {
  let h = Math.imul(state ^ (value | 0), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) + 0x27d4eb2f;
  return (h ^ (h >>> 16)) | 0;
}
