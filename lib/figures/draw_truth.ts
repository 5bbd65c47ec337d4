import type { LabelMap, RgbImage } from "../data/image.ts";
import { drawLabels } from "./draw_labels.ts";
import { expectSize, lineWidth, onRim, paint } from "./_paint.ts";

/**
 * True class masks over their photograph, with white lines around true instances: what pseudo labels are held against.
 *
 * @param image The photograph.
 * @param classes True classes, 0 background, 255 void.
 * @param instances True instances, 0 background, 255 void; `null`: none are known.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the sizes differ.
 */
export function drawTruth(image: RgbImage, classes: LabelMap, instances: LabelMap | null = null): RgbImage {
  const canvas = drawLabels(image, classes);
  if (!instances) return canvas;
  expectSize(instances, image);
  const reach = lineWidth(image);
  for (let i = 0; i < instances.data.length; i++) {
    const id = instances.data[i]!;
    if (id === 0 || id === 255 || !onRim(instances.data, i, { ...image, reach })) continue;
    paint(canvas, i, { colour: [255, 255, 255], opacity: 0.9 });
  }
  return canvas;
}
