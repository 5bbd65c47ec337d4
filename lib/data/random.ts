/** Draws numbers from [0, 1), in the same order on every machine. */
export type Random = () => number;

/**
 * A source of random numbers of its own for every key, so that what one image draws depends on nothing but its key.
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
  return mulberry32(state);
}

/**
 * A source of random numbers of its own for every name, seeded with the name's hash: parameters draw from theirs.
 *
 * @param name What the draws are for, such as `"0/initialise/stem.weight"`.
 */
export function namedRandom(name: string): Random {
  return mulberry32(fnv1a(name));
}

/** Draws a number from the normal distribution with mean 0 and standard deviation 1. */
export function drawNormal(draw: Random): number {
  // 1 − u keeps the logarithm finite; the angle is drawn second.
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** 32-bit FNV-1a hash of a text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let hash = 0x811C9DC5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The generator, in counter form: a step adds to the state, of which a number is the hash. */
function mulberry32(state: number): Random {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
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
