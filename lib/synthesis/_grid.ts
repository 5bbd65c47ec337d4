import type { Evidence } from "./evidence.ts";

/** Pixels of the image to one of the maps, per axis. */
export const STRIDE = 4;

/** The grid of maps at stride 4. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** The grid of an image's maps. @throws RangeError if an array has another size or a CAM is not finite. */
export function gridOf({ height, width, keys, cams, boundary }: Evidence): Grid {
  const rows = Math.ceil(height / STRIDE), columns = Math.ceil(width / STRIDE);
  const expect = (name: string, array: Float32Array, maps: number) => {
    if (array.length !== maps * rows * columns) {
      throw new RangeError(
        `Expected ${name} of ${maps}×${rows}×${columns} = ${maps * rows * columns} values for an image of ` +
          `${height}×${width} pixels but found ${array.length}`,
      );
    }
  };
  expect("CAMs", cams, keys.length);
  expect("a boundary map", boundary, 1);
  const broken = cams.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw new RangeError(`Expected finite CAMs but found ${broken}`);
  return { rows, columns };
}
