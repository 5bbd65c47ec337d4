import type { Backbone } from "../nn/mod.ts";
import type { ImportRules } from "../weights/mod.ts";

/**
 * How names in a file of a trained IRNet relate to ours. For ResNet-50, those of the released code (`res50_irn.pth`)
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
