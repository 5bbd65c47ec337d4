import type { LabelMap, RgbImage } from "../data/image.ts";
import { resizeLabel } from "../data/resize.ts";
import { type PredictedMasks, resizeInstances } from "../evaluation/instances.ts";
import { classPalette, colourAt, distinctColour, type Rgb } from "./colours.ts";
import { expectProportions, greyed, lineWidth, onRim, paint, striped } from "./_paint.ts";

/**
 * Class labels over their image, in VOC's colours of which every second is lighter; background shows the image in grey,
 * 255 is light with stripes: pixels that are uncertain, or void in ground truth (paper: Inter-pixel Relation Mining from CAMs for confident labels,
 * Synthesizing Instance Segmentation Labels for pseudo labels).
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param labels 0 background, 1… classes, 255 uncertain or void.
 * @param options Opacity of what is laid over it, 0…1.
 * @returns A picture of the image's size, [H, W, 3] u8.
 * @throws RangeError if the proportions differ; what has another size is resized.
 */
export function drawLabels(
  image: RgbImage,
  labels: LabelMap,
  { opacity = 0.7 }: { readonly opacity?: number } = {},
): RgbImage {
  expectProportions(labels, image);
  const { data } = resizeLabel(labels, image),
    canvas = greyed(image),
    palette = classPalette(),
    reach = lineWidth(image);
  for (let i = 0; i < data.length; i++) {
    const label = data[i]!;
    if (label === 0) continue;
    const rim = label !== 255 && onRim(data, i, { ...image, reach });
    paint(canvas, i, {
      colour: label === 255 ? striped("uncertain", i, image) : colourAt(palette, label),
      opacity: rim ? 1 : opacity,
    });
  }
  return canvas;
}

/**
 * Ground truth over its image: class masks with white lines around instances, which pseudo labels are held against.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param classes Ground-truth classes, 0 background, 255 void.
 * @param instances Ground-truth instances, 0 background, 255 void; `null`: none are known.
 * @returns A picture of the image's size, [H, W, 3] u8.
 * @throws RangeError if the proportions differ; what has another size is resized.
 */
export function drawGroundTruth(image: RgbImage, classes: LabelMap, instances: LabelMap | null = null): RgbImage {
  const canvas = drawLabels(image, classes);
  if (!instances) return canvas;
  expectProportions(instances, image);
  const { data } = resizeLabel(instances, image), reach = lineWidth(image);
  for (let i = 0; i < data.length; i++) {
    const id = data[i]!;
    if (id === 0 || id === 255 || !onRim(data, i, { ...image, reach })) continue;
    paint(canvas, i, { colour: [255, 255, 255], opacity: 0.9 });
  }
  return canvas;
}

const WHITE: Rgb = [255, 255, 255];

/**
 * Instance masks over their image, each in a colour of its own with a white line around it (paper: Synthesizing
 * Instance Segmentation Labels). Higher scores lie on top; fragments, which score 0, are left out.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param instances Masks of the image.
 * @param options Opacity of what is laid over it, 0…1.
 * @returns A picture of the image's size, [H, W, 3] u8.
 * @throws RangeError if the proportions differ; what has another size is resized.
 */
export function drawInstances(
  image: RgbImage,
  instances: PredictedMasks,
  { opacity = 0.6 }: { readonly opacity?: number } = {},
): RgbImage {
  expectProportions(instances, image);
  const { mask, score } = resizeInstances(instances, image), size = image.height * image.width;
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
