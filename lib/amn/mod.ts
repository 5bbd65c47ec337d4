/**
 * AMN, a second network for class maps between confident labels and IRNet (Lee, Kim and Shim, "Threshold Matters in
 * WSSS: Manipulating the Activation for the Robust and Accurate Segmentation Model Against Thresholds", CVPR 2022): a
 * classifier of pixels that is told which classes are in the image, trained on the confident labels.
 *
 * @example
 * ```ts
 * import { amnParameters } from "@irnet/irnet/amn";
 * const [gate] = amnParameters({ channels: 2048 }, 20); // gate.weight, [2048, 20, 1, 1]
 * ```
 * @module
 */
export * from "./infer.ts";
export * from "./network.ts";
export * from "./task.ts";
