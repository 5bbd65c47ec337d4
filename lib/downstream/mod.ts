/**
 * Networks that are trained on pseudo labels, or compared with IRNet.
 *
 * @example
 * ```ts
 * import { deeplab } from "@irnet/irnet/downstream";
 * const rates = deeplab.PYRAMID_RATES; // 6, 12, 18, 24
 * ```
 * @module
 */
export * as affinitynet from "./affinitynet/mod.ts";
export * as deeplab from "./deeplab/mod.ts";
export * as maskRcnn from "./mask_rcnn/mod.ts";
