import { type RgbImage, vocPalette } from "../data/image.ts";

/** A colour: red, green, blue, 0…255. */
export type Rgb = readonly [number, number, number];

/** The colour of uncertain and void pixels. */
export const VOID_COLOUR: Rgb = [246, 244, 238];

/**
 * VOC's palette, of which every second class is lighter: the dark red and the dark green of its first two look the same to
 * some eyes. 256 × 3 values.
 */
export function classPalette(): Uint8Array {
  return vocPalette().map((value, i) => Math.floor(i / 3) % 2 === 0 && i >= 3 ? Math.round(0.6 * value + 102) : value);
}

/** Two colours that take turns in stripes from the lower left to the upper right. */
export const STRIPES = {
  /** Uncertain and void pixels. */
  uncertain: [VOID_COLOUR, [168, 164, 150]],
  /** Pixels that reach no centroid. */
  unreached: [[120, 122, 126], [44, 46, 50]],
} as const satisfies Record<string, readonly [Rgb, Rgb]>;

/** Names of whose stripes are drawn. */
export type StripesName = keyof typeof STRIPES;

/** Names of colour maps whose lightness rises evenly, so that they read the same without colour vision. */
export type ColourMapName = "viridis" | "inferno";

/** Colours at equal steps of viridis, in hexadecimal digits. */
export const VIRIDIS =
  "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 d5e21a fde725";

/** Colours at equal steps from 0 to 1, of the colour maps that matplotlib's authors gave to the public domain (CC0). */
const COLOURS: Record<ColourMapName, string> = {
  viridis: VIRIDIS,
  inferno: "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 d04545 e35933 f1711f f98c0a fcaa0f f9c932 " +
    "f2e865 fcffa4",
};

/**
 * A colour map for continuous values.
 *
 * @param name Which one.
 * @returns 256 × 3 values: red, green, blue of value 0, of 1/255, …, of 1.
 * @example
 * ```ts
 * import { colourMap } from "./colours.ts";
 * colourMap("viridis").subarray(0, 3); // 68 1 84
 * ```
 */
export function colourMap(name: ColourMapName): Uint8Array {
  const steps = COLOURS[name].split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const position = i / 255 * (steps.length - 1);
    const low = Math.min(Math.floor(position), steps.length - 2), rest = position - low;
    for (let c = 0; c < 3; c++) {
      table[i * 3 + c] = Math.round(steps[low]![c]! * (1 - rest) + steps[low + 1]![c]! * rest);
    }
  }
  return table;
}

/** Row `index` of a table of colours. */
export function colourAt(table: Uint8Array, index: number): Rgb {
  return [table[index * 3]!, table[index * 3 + 1]!, table[index * 3 + 2]!];
}

/** The colour of a value 0…1 in a table of {@linkcode colourMap}; values outside have that of the nearest. */
export function colourOf(table: Uint8Array, value: number): Rgb {
  return colourAt(table, Math.round(255 * Math.min(Math.max(value, 0), 1)));
}

/**
 * The sRGB colour, 0…255, of a lightness 0…1, a chroma from 0 and a hue in turns, in the space Oklch, where equal
 * lightness looks equally light. Chroma is lowered where the screen has no such colour.
 */
function oklch(lightness: number, chroma: number, turns: number): Rgb {
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

/** The colour of thing number n: hues step by the golden section, lightness takes turns, so that neighbours differ. */
export function distinctColour(n: number): Rgb {
  return oklch([0.72, 0.6, 0.82][n % 3]!, 0.17, (0.11 + n * 0.6180339887) % 1);
}

/**
 * The colour of a displacement, in units of the length that has full colour. No displacement is white. Left and right
 * are blue and yellow, up and down differ in lightness too: so directions stay apart for red–green colour blindness.
 */
export function wheelColour(dy: number, dx: number): Rgb {
  const length = Math.hypot(dy, dx), fraction = Math.min(length, 1);
  const turns = (0.25 - Math.atan2(dy, dx) / (2 * Math.PI) + 1) % 1;
  const full = length > 0 ? 0.7 - 0.12 * dy / length : 0.7;
  return oklch(1 + (full - 1) * fraction, 0.16 * fraction, turns);
}

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
