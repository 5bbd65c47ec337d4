import type { Backbone, BackboneChoice } from "./backbone.ts";
import { efficientnetLite0 } from "./efficientnet_lite0.ts";
import { resnet50At } from "./resnet50.ts";
import { sampleNet } from "./sample_net.ts";

/**
 * Makes a network of this project.
 *
 * @param choice Which one.
 * @returns The network, without parameters.
 */
export function createBackbone({ network, taps = "inner", stride = 16 }: BackboneChoice): Backbone {
  switch (network) {
    case "resnet50":
      return resnet50At({ stride });
    case "efficientnet_lite0":
      return efficientnetLite0({ taps, stride });
    case "sample":
      return sampleNet;
  }
}
