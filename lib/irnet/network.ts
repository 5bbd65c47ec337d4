/**
 * The two branches of IRNet on top of a frozen backbone (paper: IRNet Architecture).
 *
 * Parameter names are the released code's: `fc_edge1.0.weight` is the convolution, `fc_edge1.1.*` its group norm.
 * @module
 */
import type { Backbone, Tap } from "../nn/mod.ts";
import { conv2d, groupNorm, upsampleBilinear } from "../tensor/mod.ts";
import * as tf from "../tensor/tf.ts";
import type { ImportRules, ParameterSpec, Params } from "../weights/mod.ts";

const BOUNDARY_WIDTH = 32;

const BOUNDARY_GROUPS = 4;

/** Widths and groups of `fc_dp1` … `fc_dp7` at displacement width 256. */
const DISPLACEMENT = [[64, 8], [128, 16], [256, 16], [256, 16], [256, 16], [256, 16], [256, 16]] as const;

/** Channels and group-norm groups of the seven displacement layers for a given width (256 in the paper). */
function displacementLayers(width: number): { channels: number; groups: number }[] {
  return DISPLACEMENT.map(([channels, groups]) => ({
    channels: channels * width / 256,
    groups: Math.max(1, groups * width / 256),
  }));
}

/**
 * Lists the parameters of both branches.
 *
 * @param taps Five backbone activations.
 * @param displacementWidth Channels of the widest displacement layers; 256 in the paper.
 * @returns Names and shapes in the order of the released code.
 */
export function headParameters(taps: readonly Tap[], displacementWidth: number): ParameterSpec[] {
  const filter = (name: string, input: number, output: number): ParameterSpec => (
    { name, shape: [output, input, 1, 1], role: "filter" }
  );
  const layer = (name: string, input: number, output: number): ParameterSpec[] => [
    filter(`${name}.0.weight`, input, output),
    { name: `${name}.1.weight`, shape: [output], role: "scale" },
    { name: `${name}.1.bias`, shape: [output], role: "offset" },
  ];
  const [d1, d2, d3, d4, d5, d6, d7] = displacementLayers(displacementWidth).map((l) => l.channels) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [t1, t2, t3, t4, t5] = taps.map((tap) => tap.channels) as [number, number, number, number, number];
  return [
    ...taps.flatMap(({ channels }, i) => layer(`fc_edge${i + 1}`, channels, BOUNDARY_WIDTH)),
    filter("fc_edge6.weight", 5 * BOUNDARY_WIDTH, 1),
    { name: "fc_edge6.bias", shape: [1], role: "bias" },
    ...layer("fc_dp1", t1, d1),
    ...layer("fc_dp2", t2, d2),
    ...layer("fc_dp3", t3, d3),
    ...layer("fc_dp4", t4, d4),
    ...layer("fc_dp5", t5, d5),
    ...layer("fc_dp6", d3 + d4 + d5, d6),
    ...layer("fc_dp7", d1 + d2 + d6, d7),
    filter("fc_dp7.3.weight", d7, 2),
  ];
}

/** Tells whether a parameter is of the displacement branch, whose learning rate is `headFactor` times as large. */
export function isDisplacementParameter(name: string): boolean {
  return name.startsWith("fc_dp");
}

function parameter(params: Params, name: string): tf.Tensor {
  const found = params[name];
  if (!found) throw new Error(`Expected a parameter ${name} but found none`);
  return found;
}

/** 1×1 convolution → group norm → bilinear upsampling to `size`, cut to `crop` at the top left → ReLU. */
function layer(
  params: Params,
  name: string,
  input: tf.Tensor4D,
  { groups, factor = 1, crop }: { groups: number; factor?: number; crop?: [number, number] },
): tf.Tensor4D {
  const convolved = conv2d(input, parameter(params, `${name}.0.weight`) as tf.Tensor4D, { padding: "valid" });
  const norm = {
    groups,
    scale: parameter(params, `${name}.1.weight`) as tf.Tensor1D,
    offset: parameter(params, `${name}.1.bias`) as tf.Tensor1D,
  };
  if (factor === 1) return groupNorm(convolved, { ...norm, activation: "relu" });
  const [, height, width] = convolved.shape;
  const up = upsampleBilinear(groupNorm(convolved, norm), [height * factor, width * factor]);
  const [h, w] = crop ?? [up.shape[1], up.shape[2]];
  const cut = h === up.shape[1] && w === up.shape[2] ? up : tf.slice(up, [0, 0, 0, 0], [-1, h, w, -1]);
  return tf.relu(cut); // the released code rectifies after upsampling
}

/**
 * Computes the class-boundary branch: five taps → 32 channels each → one logit map at stride 4.
 *
 * @returns Logits, [B, H/4, W/4, 1]; positive on class boundaries.
 */
export function boundaryBranch(params: Params, inputs: readonly tf.Tensor4D[], taps: readonly Tap[]): tf.Tensor4D {
  const crop: [number, number] = [inputs[1]!.shape[1], inputs[1]!.shape[2]];
  const edges = inputs.map((input, i) =>
    layer(params, `fc_edge${i + 1}`, input, { groups: BOUNDARY_GROUPS, factor: taps[i]!.stride / 4, crop })
  ); // five × [B, H/4, W/4, 32]
  return conv2d(tf.concat(edges, 3) as tf.Tensor4D, parameter(params, "fc_edge6.weight") as tf.Tensor4D, {
    padding: "valid",
    bias: parameter(params, "fc_edge6.bias") as tf.Tensor1D,
  }); // [B, H/4, W/4, 1]
}

/**
 * Computes the displacement branch: five taps, merged at stride 8 and again at stride 4 → (dy, dx).
 *
 * @returns Displacement, [B, H/4, W/4, 2], in pixels at stride 4, before the mean is subtracted.
 */
export function displacementBranch(params: Params, inputs: readonly tf.Tensor4D[], taps: readonly Tap[]): tf.Tensor4D {
  const width = parameter(params, "fc_dp7.3.weight").shape[2]!;
  const groups = displacementLayers(width).map((l) => l.groups);
  const at8: [number, number] = [inputs[2]!.shape[1], inputs[2]!.shape[2]];
  const at4: [number, number] = [inputs[1]!.shape[1], inputs[1]!.shape[2]];
  const d1 = layer(params, "fc_dp1", inputs[0]!, { groups: groups[0]! }); // [B, H/4, W/4, 64]
  const d2 = layer(params, "fc_dp2", inputs[1]!, { groups: groups[1]! }); // [B, H/4, W/4, 128]
  const d3 = layer(params, "fc_dp3", inputs[2]!, { groups: groups[2]! }); // [B, H/8, W/8, 256]
  const d4 = layer(params, "fc_dp4", inputs[3]!, { groups: groups[3]!, factor: taps[3]!.stride / 8, crop: at8 });
  const d5 = layer(params, "fc_dp5", inputs[4]!, { groups: groups[4]!, factor: taps[4]!.stride / 8, crop: at8 });
  const merged8 = tf.concat([d3, d4, d5], 3) as tf.Tensor4D; // [B, H/8, W/8, 768]
  const d6 = layer(params, "fc_dp6", merged8, { groups: groups[5]!, factor: 2, crop: at4 }); // [B, H/4, W/4, 256]
  const merged4 = tf.concat([d1, d2, d6], 3) as tf.Tensor4D; // [B, H/4, W/4, 448]
  const d7 = layer(params, "fc_dp7", merged4, { groups: groups[6]! }); // [B, H/4, W/4, 256]
  return conv2d(d7, parameter(params, "fc_dp7.3.weight") as tf.Tensor4D, { padding: "valid" }); // [B, H/4, W/4, 2]
}

/**
 * Gives the rules by which names in a file of a trained IRNet become ours. For ResNet-50, those of the released code (`res50_irn.pth`)
 * are known, which keeps every parameter up to three times, and indices of pixel pairs, which follow from the radius:
 *
 * | in the file | ours |
 * |---|---|
 * | `resnet50.*` | `*` |
 * | `stage1.0`, `.1`, or `backbone.0.0`, `.1` | `conv1`, `bn1` |
 * | `stage2.0` … `stage5.0`, or `backbone.1.0` … `backbone.4.0` | `layer1` … `layer4` |
 * | `fc_edge1` … `fc_edge6`, or `edge_layers.0` … `edge_layers.5` | `fc_edge1` … `fc_edge6` |
 * | `fc_dp1` … `fc_dp7`, or `dp_layers.0` … `dp_layers.6` | `fc_dp1` … `fc_dp7` |
 * | `running_mean` of `mean_shift`, `fc_dp7.4` or `dp_layers.6.4` | `mean_displacement` |
 * | `path_indices*`, `disp_target`, `*.num_batches_tracked`, `fc.*` | left out |
 *
 * @param backbone The backbone.
 * @returns Rules for `importWeights`, which checks that copies are equal.
 */
export function irnetImportRules({ name, importRules }: Backbone): ImportRules {
  if (name !== "resnet50") return importRules;
  return { ignored: [...importRules.ignored, ...BUFFERS], aliases: [...importRules.aliases, ...RELEASED] };
}

const BUFFERS: ImportRules["ignored"] = [/^path_ind(ex|ices)/, /^disp_target$/];

const RELEASED: ImportRules["aliases"] = [
  [/^(?:stage1|backbone\.0)\.0\./, "conv1."],
  [/^(?:stage1|backbone\.0)\.1\./, "bn1."],
  [/^(?:stage2|backbone\.1)\.0\./, "layer1."],
  [/^(?:stage3|backbone\.2)\.0\./, "layer2."],
  [/^(?:stage4|backbone\.3)\.0\./, "layer3."],
  [/^(?:stage5|backbone\.4)\.0\./, "layer4."],
  [/^(?:mean_shift|fc_dp7\.4|dp_layers\.6\.4)\.running_mean$/, "mean_displacement"],
  ...[1, 2, 3, 4, 5, 6].map((n) => [new RegExp(`^edge_layers\\.${n - 1}\\.`), `fc_edge${n}.`] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((n) => [new RegExp(`^dp_layers\\.${n - 1}\\.`), `fc_dp${n}.`] as const),
];
