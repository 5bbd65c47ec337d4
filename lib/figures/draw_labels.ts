import { type LabelMap, type RgbImage, vocPalette } from "../data/image.ts";
import { colourAt, expectSize, greyed, lineWidth, onRim, paint } from "./_paint.ts";
import type { Rgb } from "./_oklch.ts";

const LIGHT: Rgb = [246, 244, 238];

/**
 * Class labels over their photograph in VOC's colours; background shows the photograph in grey, 255 is light: pixels
 * that are uncertain, or void in true masks (paper: Inter-pixel Relation Mining from CAMs for confident labels,
 * Synthesizing Instance Segmentation Labels for pseudo labels).
 *
 * @param image The photograph.
 * @param labels 0 background, 1… classes, 255 uncertain or void.
 * @param options How much of the photograph is covered, 0…1.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the sizes differ.
 */
export function drawLabels(
  image: RgbImage,
  labels: LabelMap,
  { opacity = 0.7 }: { readonly opacity?: number } = {},
): RgbImage {
  expectSize(labels, image);
  const canvas = greyed(image), palette = vocPalette(), reach = lineWidth(image);
  for (let i = 0; i < labels.data.length; i++) {
    const label = labels.data[i]!;
    if (label === 0) continue;
    const rim = label !== 255 && onRim(labels.data, i, { ...image, reach });
    paint(canvas, i, { colour: label === 255 ? LIGHT : colourAt(palette, label), opacity: rim ? 1 : opacity });
  }
  return canvas;
}
