/** Red, green, blue in 0 to 1. */
export type Colour = readonly [number, number, number];

/** Hue (1 is a full turn, any number wraps), saturation and value of 0 to 1 as red, green, blue. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + (hue - Math.floor(hue)) * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
