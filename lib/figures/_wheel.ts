import { oklch, type Rgb } from "./_oklch.ts";

/**
 * The colour of a displacement, in shares of the length that has full colour. No displacement is white. Left and right
 * are blue and yellow, up and down differ in lightness too: so directions stay apart for red–green colour blindness.
 */
export function wheelColour(dy: number, dx: number): Rgb {
  const length = Math.hypot(dy, dx), share = Math.min(length, 1);
  const turns = (0.25 - Math.atan2(dy, dx) / (2 * Math.PI) + 1) % 1;
  const full = length > 0 ? 0.7 - 0.12 * dy / length : 0.7;
  return oklch(1 + (full - 1) * share, 0.16 * share, turns);
}
