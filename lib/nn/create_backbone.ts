import type { Backbone, BackboneChoice } from "./backbone.ts";
import { efficientnetLite } from "./efficientnet_lite.ts";
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
    case "sample":
      return sampleNet;
    default:
      return efficientnetLite(network, { taps, stride });
  }
}
