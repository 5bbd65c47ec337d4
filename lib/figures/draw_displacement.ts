import type { RgbImage } from "../data/image.ts";
import type { PictureSize, VectorField } from "./maps.ts";
import { stretch } from "./_stretch.ts";
import { usualReach } from "./_reach.ts";
import { wheelColour } from "./_wheel.ts";

/** Size and scale of the picture. */
export interface DrawDisplacementOptions extends PictureSize {
  /** Length that has full colour, in pixels of the field; absent: 99 % of all displacements are shorter. */
  readonly reach?: number;
}

/**
 * A displacement field as colours: hue is the direction in which a pixel's instance centroid lies, saturation how far
 * (paper: Loss for Displacement Field Prediction). {@linkcode drawColourWheel} is its legend.
 *
 * @param field Displacements (dy, dx), at stride 4 as a rule.
 * @param options Size, that of the photograph for example, and scale.
 * @returns A picture of that size; white where nothing moves.
 * @throws RangeError if the field does not hold two values a pixel.
 */
export function drawDisplacement(field: VectorField, { height, width, reach }: DrawDisplacementOptions): RgbImage {
  const { height: rows, width: columns, data: vectors } = field, size = rows * columns;
  if (vectors.length !== 2 * size) {
    throw new RangeError(`Expected a field of 2×${rows}×${columns} = ${2 * size} values but found ${vectors.length}`);
  }
  const unit = reach ?? usualReach(vectors);
  const dy = stretch({ height: rows, width: columns, data: vectors.subarray(0, size) }, { height, width });
  const dx = stretch({ height: rows, width: columns, data: vectors.subarray(size) }, { height, width });
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < dy.length; i++) data.set(wheelColour(dy[i]! / unit, dx[i]! / unit), i * 3);
  return { height, width, data };
}
