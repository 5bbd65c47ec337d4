/** A colour. */
export type Rgb = readonly [number, number, number];

/**
 * The sRGB colour, 0…255, of a lightness 0…1, a chroma from 0 and a hue in turns, in the space Oklch, where equal
 * lightness looks equally light. Chroma is lowered where the screen has no such colour.
 */
export function oklch(lightness: number, chroma: number, turns: number): Rgb {
  const cos = Math.cos(2 * Math.PI * turns), sin = Math.sin(2 * Math.PI * turns);
  const at = (c: number) => linearRgb(lightness, c * cos, c * sin);
  if (isColour(at(chroma))) return at(chroma).map(gamma) as unknown as Rgb;
  let low = 0, high = chroma;
  for (let halvings = 0; halvings < 8; halvings++) {
    const middle = (low + high) / 2;
    if (isColour(at(middle))) low = middle;
    else high = middle;
  }
  return at(low).map(gamma) as unknown as Rgb;
}

/** Björn Ottosson's Oklab → linear sRGB. */
function linearRgb(lightness: number, a: number, b: number): number[] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const isColour = (linear: readonly number[]) => linear.every((value) => value >= -1e-4 && value <= 1 + 1e-4);

function gamma(value: number): number {
  const v = Math.min(Math.max(value, 0), 1);
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
}
