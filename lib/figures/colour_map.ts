/** Names of colour maps whose lightness rises evenly, so that they read the same without colour vision. */
export type ColourMapName = "viridis" | "inferno";

/** Colours at equal steps from 0 to 1, of the colour maps that matplotlib's authors gave to the public domain (CC0). */
const COLOURS: Record<ColourMapName, string> = {
  viridis: "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 " +
    "d5e21a fde725",
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
 * import { colourMap } from "./colour_map.ts";
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
