import type { Backbone } from "../nn/backbone.ts";
import type { ImportRules } from "../weights/read_weights.ts";

/**
 * How names in a file of a trained classifier relate to ours. For ResNet-50, those of the released code's CAM network
 * (`res50_cam.pth`) are known, which keeps every parameter up to three times:
 *
 * | in the file | ours |
 * |---|---|
 * | `resnet50.*` | `*` |
 * | `stage1.0`, `.1`, `.4`, or `backbone.0.0`, … | `conv1`, `bn1`, `layer1` |
 * | `stage2.0` … `stage4.0`, or `backbone.1.0` … `backbone.3.0` | `layer2` … `layer4` |
 * | `classifier`, or `newly_added.0` | `classifier` |
 * | `*.num_batches_tracked`, `fc.*` | left out |
 *
 * @param backbone The backbone.
 * @returns Rules for `importWeights`, which checks that copies are equal.
 */
export function camImportRules({ name, importRules }: Backbone): ImportRules {
  return name === "resnet50" ? { ...importRules, aliases: [...importRules.aliases, ...RELEASED] } : importRules;
}

const RELEASED: ImportRules["aliases"] = [
  [/^(?:stage1|backbone\.0)\.0\./, "conv1."],
  [/^(?:stage1|backbone\.0)\.1\./, "bn1."],
  [/^(?:stage1|backbone\.0)\.4\./, "layer1."],
  [/^(?:stage2|backbone\.1)\.0\./, "layer2."],
  [/^(?:stage3|backbone\.2)\.0\./, "layer3."],
  [/^(?:stage4|backbone\.3)\.0\./, "layer4."],
  [/^newly_added\.0\./, "classifier."],
];
