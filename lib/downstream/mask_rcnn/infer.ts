import type { Backbone } from "../../nn/mod.ts";
import { tf } from "../../tensor/mod.ts";
import { cropImage, type RgbImage, type Size, wholeBlocks } from "../../data/mod.ts";
import type { Params } from "../../weights/mod.ts";
import { proposals } from "./anchors.ts";
import type { Boxes } from "./boxes.ts";
import { type Detections, detections } from "./detections.ts";
import {
  BOX_SIZE,
  boxHead,
  featurePyramid,
  levelStrides,
  MASK_SIZE,
  maskHead,
  type MaskRcnnSettings,
  proposalHead,
  pyramidAnchors,
  pyramidTaps,
  readRegions,
} from "./network.ts";
import { pasteMask } from "./masks.ts";

/** Trained Mask R-CNN. */
export interface MaskRcnn {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and `maskRcnnParameters()`. */
  readonly params: Params;
}

/** Instances that were found, best first. */
export interface FoundInstances {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** [N] scores, 0…1. */
  readonly score: Float32Array;
  /** [N] classes, 0-based. */
  readonly class: Int32Array;
  /** [N, H, W], 1 inside. */
  readonly mask: Uint8Array;
}

/** Regions whose masks are computed at once. */
const AT_ONCE = 16;

/**
 * Finds the instances of an image.
 *
 * @param network The network.
 * @param image An image of any size.
 * @param settings Anchors, numbers of proposals and of detections; size of the masks, where it is not the image's.
 */
export async function inferMaskRcnn(
  { backbone, params }: MaskRcnn,
  image: RgbImage,
  { size: out = image, ...settings }: Pick<MaskRcnnSettings, "anchor" | "proposals" | "detections"> & {
    readonly size?: Size;
  },
): Promise<FoundInstances> {
  const { height, width } = image, size = { height, width };
  const strides = levelStrides(backbone.taps), canvas = wholeBlocks(size);
  const levels = tf.tidy(() => {
    const pixels = cropImage(image, { ...canvas, preprocess: backbone.preprocess });
    const input = tf.tensor4d(pixels, [1, canvas.height, canvas.width, 3]);
    const { taps } = backbone.forward(params, input, { taps: true });
    return featurePyramid(params, pyramidTaps(backbone.taps).map((i) => taps[i]!));
  });
  const read = (boxes: Boxes, side: number) =>
    readRegions(levels, { boxes, image: new Int32Array(boxes.length / 4), strides: strides.regions, size: side });
  try {
    const anchors = pyramidAnchors(levels, { strides: strides.all, anchor: settings.anchor });
    const proposal = await arrays(tf.tidy(() => proposalHead(params, levels)));
    const regions = proposals(proposal, { size, anchors, ...settings.proposals });
    if (regions.length === 0) return drawn({ boxes: regions, classes: [], scores: [] }, { size, out, masks: [] });
    const found = await arrays(tf.tidy(() => boxHead(params, read(regions, BOX_SIZE))));
    const kept = detections(found, { regions, size, most: settings.detections });
    const masks: Float32Array[] = [];
    for (let first = 0; first < kept.classes.length; first += AT_ONCE) {
      const boxes = kept.boxes.subarray(4 * first, 4 * (first + AT_ONCE));
      const { logits } = await arrays({ logits: tf.tidy(() => maskHead(params, read(boxes, MASK_SIZE))) });
      masks.push(...probabilities(logits, kept.classes.slice(first, first + AT_ONCE)));
    }
    return drawn(kept, { size, out, masks });
  } finally {
    tf.dispose(levels);
  }
}

/** Values of tensors, which are disposed of. */
async function arrays<K extends string>(tensors: Record<K, tf.Tensor>): Promise<Record<K, Float32Array>> {
  const values = {} as Record<K, Float32Array>;
  try {
    for (const key in tensors) values[key] = await tensors[key].data<"float32">();
  } finally {
    tf.dispose(tensors);
  }
  return values;
}

/** The mask of its class of each region, [28, 28]. */
function probabilities(logits: Float32Array, classes: readonly number[]): Float32Array[] {
  const cells = (2 * MASK_SIZE) ** 2, channels = logits.length / classes.length / cells;
  return classes.map((c, n) =>
    Float32Array.from({ length: cells }, (_, i) => 1 / (1 + Math.exp(-logits[(n * cells + i) * channels + c]!)))
  );
}

/** Detections with their masks in the image, brought from its size to that of the masks. */
function drawn(
  { boxes, classes, scores }: Detections,
  { size, out: { height, width }, masks }: { size: Size; out: Size; masks: readonly Float32Array[] },
): FoundInstances {
  const factors = [width / size.width, height / size.height] as const;
  const mask = new Uint8Array(classes.length * height * width);
  masks.forEach((probabilities, n) =>
    pasteMask(probabilities, {
      box: boxes.slice(4 * n, 4 * n + 4).map((side, i) => side * factors[i % 2]!),
      size: 2 * MASK_SIZE,
      out: mask.subarray(n * height * width, (n + 1) * height * width),
      height,
      width,
    })
  );
  return { height, width, score: Float32Array.from(scores), class: Int32Array.from(classes), mask };
}
