import type { Tap } from "../../nn/mod.ts";
import { tf } from "../../tensor/mod.ts";
import type { Params } from "../../weights/mod.ts";
import { anchorTargets, regionTargets } from "./_targets.ts";
import { proposals } from "./anchors.ts";
import type { TrainingView } from "./augment_instances.ts";
import { type Boxes, joinBoxes } from "./boxes.ts";
import { binaryCrossEntropy, crossEntropy, smoothL1 } from "./losses.ts";
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

/** Difference, in units of the box codes, where the losses of boxes become linear. */
const BETA = 1 / 9;

/** Options of {@linkcode maskRcnnLoss}. */
export interface MaskRcnnLossOptions {
  /** Strides and channels of the activations. */
  readonly taps: readonly Tap[];
  /** Sizes of the layers and sampled sets. */
  readonly settings: Pick<MaskRcnnSettings, "anchor" | "anchors" | "regions" | "proposals">;
  /** Number of classes without the background. */
  readonly classes: number;
  /** The images. */
  readonly views: readonly TrainingView[];
  /** Side of their canvas in pixels. */
  readonly side: number;
  /** Images of the whole batch, of which these may be a part. */
  readonly batch: number;
  /** Proposals of each image, of {@linkcode proposedRegions}. Default: found here, on backends that read at once. */
  readonly proposed?: readonly Boxes[] | undefined;
}

/**
 * Adds up the five losses of Mask R-CNN: objectness and boxes of anchors, classes and boxes of regions, and masks of
 * regions that show objects. Each is a mean over what is drawn from an image, then over the images, so that losses of
 * parts of a batch add up to that of the batch. Proposals are constants to the gradient.
 *
 * @param params Those of `maskRcnnParameters()`.
 * @param activations The backbone's five taps, [B, h, w, C].
 * @param options Images and settings.
 * @returns A scalar.
 */
export function maskRcnnLoss(
  params: Params,
  activations: readonly tf.Tensor4D[],
  { taps, settings, classes, views, side, batch, proposed }: MaskRcnnLossOptions,
): tf.Scalar {
  return tf.tidy(() => {
    const { strides, levels, anchors, proposal } = lowerLayers(params, activations, { taps, settings });
    const expected = anchorTargets(views, { anchors: anchors.reduce(joinBoxes), count: settings.anchors, batch });
    const losses = [
      binaryCrossEntropy(proposal.objectness, expected.objectness),
      smoothL1(proposal.codes, { ...expected.codes, beta: BETA }),
    ];

    const found = proposed ??
      proposalsOf({
        objectness: proposal.objectness.dataSync<"float32">(),
        codes: proposal.codes.dataSync<"float32">(),
      }, { anchors, side, settings });
    const targets = regionTargets(views, { proposed: found, count: settings.regions, classes, batch, side });
    const align = (regions: { boxes: Boxes; image: number[] }, size: number) =>
      readRegions(levels, { ...regions, strides: strides.regions, size });
    const boxes = boxHead(params, align(targets.regions, BOX_SIZE));
    losses.push(crossEntropy(boxes.scores, targets.classes), smoothL1(boxes.codes, { ...targets.codes, beta: BETA }));
    losses.push(
      targets.objects.image.length > 0
        ? binaryCrossEntropy(maskHead(params, align(targets.objects, MASK_SIZE)), targets.masks)
        // Without objects any region will do: every parameter needs a gradient, if of zeros.
        : maskHead(params, align({ boxes: Float32Array.of(0, 0, side, side), image: [0] }, MASK_SIZE)).mul(0).sum(),
    );
    return tf.addN(losses) as tf.Scalar;
  });
}

/**
 * Finds the proposals of each image, to be given to {@linkcode maskRcnnLoss} on backends that cannot read in between.
 *
 * @param params Those of `maskRcnnParameters()`.
 * @param activations The backbone's five taps of the images, [B, h, w, C], which are disposed of.
 * @param options Settings, and side of the canvas.
 */
export async function proposedRegions(
  params: Params,
  activations: readonly tf.Tensor4D[],
  { taps, settings, side }: Pick<MaskRcnnLossOptions, "taps" | "settings" | "side">,
): Promise<Boxes[]> {
  let anchors: readonly Boxes[] = [];
  const proposal = tf.tidy(() => {
    const lower = lowerLayers(params, activations, { taps, settings });
    anchors = lower.anchors;
    return lower.proposal;
  });
  const values = [proposal.objectness.data<"float32">(), proposal.codes.data<"float32">()] as const;
  const [objectness, codes] = await Promise.all(values);
  tf.dispose([...activations, proposal.objectness, proposal.codes]);
  return proposalsOf({ objectness, codes }, { anchors, side, settings });
}

/** Feature pyramid, anchors, and the output of the proposal head on them. */
function lowerLayers(
  params: Params,
  activations: readonly tf.Tensor4D[],
  { taps, settings }: Pick<MaskRcnnLossOptions, "taps" | "settings">,
) {
  const strides = levelStrides(taps);
  const levels = featurePyramid(params, pyramidTaps(taps).map((i) => activations[i]!));
  const anchors = pyramidAnchors(levels, { strides: strides.all, anchor: settings.anchor });
  return { strides, levels, anchors, proposal: proposalHead(params, levels) };
}

/** Proposals of each image. */
function proposalsOf(
  { objectness, codes }: { objectness: Float32Array; codes: Float32Array },
  { anchors, side, settings }: { anchors: readonly Boxes[]; side: number; settings: MaskRcnnLossOptions["settings"] },
): Boxes[] {
  const each = anchors.reduce((sum, { length }) => sum + length / 4, 0);
  const options = { size: { height: side, width: side }, anchors, ...settings.proposals };
  return Array.from({ length: objectness.length / each }, (_, b) => {
    const first = b * each, end = first + each;
    return proposals(
      { objectness: objectness.subarray(first, end), codes: codes.subarray(4 * first, 4 * end) },
      options,
    );
  });
}
