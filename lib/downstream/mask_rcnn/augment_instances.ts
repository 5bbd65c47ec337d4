import {
  cropImage,
  cropLabel,
  drawCrop,
  type LabelledAugmentation,
  resizeImage,
  resizeLabel,
  type RgbImage,
  scaledSize,
} from "../../data/mod.ts";
import { type Boxes, maskBox } from "./boxes.ts";

/** Instances of an image to train on. */
export interface InstanceLabels {
  /** [N] classes, 0-based. */
  readonly class: ArrayLike<number>;
  /** [N, H, W], not zero inside. */
  readonly mask: Uint8Array;
}

/** View of an image and of the instances in it. */
export interface InstanceView {
  /** [crop, crop, 3] normalised values. */
  readonly image: Float32Array;
  /** Boxes of the instances in it. */
  readonly boxes: Boxes;
  /** Their classes, 0-based. */
  readonly classes: number[];
  /** Their masks, each [crop, crop]. */
  readonly masks: Uint8Array[];
}

/** Instances of a view, and the key of the draws that choose what is learned from it. */
export interface TrainingView extends Pick<InstanceView, "boxes" | "classes" | "masks"> {
  /** Seed and keys of the random numbers that choose anchors and regions. */
  readonly key: readonly [seed: number, ...keys: (number | string)[]];
}

/** Instances of which less is seen, in pixels along either side, are left out. */
const LEAST_SIDE = 4;

/**
 * Draws a random view of an image and of its instances alike: rescaled, normalised, mirrored, cropped.
 *
 * @param sample Image and instances of its size.
 * @param options As of `augmentLabelled()`.
 * @throws RangeError if the masks do not fit.
 */
export function augmentInstances(
  { image, instances }: { readonly image: RgbImage; readonly instances: InstanceLabels },
  { preprocess, crop, scale, draw }: LabelledAugmentation,
): InstanceView {
  const { height, width } = image, pixels = height * width, count = instances.class.length;
  if (instances.mask.length !== count * pixels) {
    throw new RangeError(`Expected masks of ${count}×${height}×${width} values but found ${instances.mask.length}`);
  }
  const size = scaledSize(image, scale[0] + draw() * (scale[1] - scale[0]));
  const flip = draw() < 0.5;
  const place = { ...drawCrop(size, { size: crop, draw }), flip };
  const boxes: number[] = [], classes: number[] = [], masks: Uint8Array[] = [];
  for (let n = 0; n < count; n++) {
    const whole = { height, width, data: instances.mask.subarray(n * pixels, (n + 1) * pixels) };
    const mask = cropLabel(resizeLabel(whole, size), { ...place, fill: 0 });
    const box = maskBox(mask, crop);
    if (!box || box[2] - box[0] < LEAST_SIDE || box[3] - box[1] < LEAST_SIDE) continue;
    boxes.push(...box);
    classes.push(instances.class[n]!);
    masks.push(mask);
  }
  return {
    image: cropImage(resizeImage(image, size), { ...place, preprocess }),
    boxes: Float32Array.from(boxes),
    classes,
    masks,
  };
}
