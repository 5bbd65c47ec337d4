import type { RgbImage } from "../data/image.ts";
import { wheelColour } from "./_wheel.ts";

/**
 * The legend of {@linkcode drawDisplacement}: a disc whose every point has the colour of a displacement from the centre
 * to there; the rim is the length with full colour.
 *
 * @param size Sides, pixels.
 * @returns A square picture, white outside of the disc.
 */
export function drawColourWheel(size: number): RgbImage {
  const data = new Uint8Array(size * size * 3).fill(255);
  const radius = size / 2;
  for (let i = 0; i < size * size; i++) {
    const dy = (Math.floor(i / size) + 0.5) / radius - 1, dx = (i % size + 0.5) / radius - 1;
    if (Math.hypot(dy, dx) <= 1) data.set(wheelColour(dy, dx), i * 3);
  }
  return { height: size, width: size, data };
}
