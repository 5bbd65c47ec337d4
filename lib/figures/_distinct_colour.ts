import { oklch, type Rgb } from "./_oklch.ts";

/** The colour of thing number n: hues step by the golden section, lightness takes turns, so that neighbours differ. */
export function distinctColour(n: number): Rgb {
  return oklch([0.72, 0.6, 0.82][n % 3]!, 0.17, (0.11 + n * 0.6180339887) % 1);
}
