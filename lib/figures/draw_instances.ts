import type { PredictedMasks } from "../evaluation/instances.ts";
import type { RgbImage } from "../data/image.ts";
import { distinctColour } from "./_distinct_colour.ts";
import type { Rgb } from "./_oklch.ts";
import { expectSize, greyed, lineWidth, onRim, paint } from "./_paint.ts";

const WHITE: Rgb = [255, 255, 255];

/**
 * Instance masks over their photograph, each in a colour of its own with a white line around it (paper: Synthesizing Instance
 * Segmentation Labels). Higher scores lie on top; fragments, which score 0, are left out.
 *
 * @param image The photograph.
 * @param instances Masks of the photograph's size.
 * @param options How much of the photograph is covered, 0…1.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the sizes differ.
 */
export function drawInstances(
  image: RgbImage,
  instances: PredictedMasks,
  { opacity = 0.6 }: { readonly opacity?: number } = {},
): RgbImage {
  expectSize(instances, image);
  const { mask, score } = instances, size = image.height * image.width;
  const order = Array.from(score, (_, n) => n).filter((n) => score[n]! > 0).sort((a, b) => score[a]! - score[b]!);
  const top = new Int32Array(size);
  for (const n of order) for (let i = 0; i < size; i++) if (mask[n * size + i]) top[i] = n + 1;

  const canvas = greyed(image), reach = lineWidth(image);
  for (let i = 0; i < size; i++) {
    if (top[i] === 0) continue;
    const rim = onRim(top, i, { ...image, reach });
    paint(canvas, i, rim ? { colour: WHITE, opacity: 0.9 } : { colour: distinctColour(top[i]! - 1), opacity });
  }
  return canvas;
}
