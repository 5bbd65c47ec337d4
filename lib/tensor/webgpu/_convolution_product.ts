/** What the programs of a convolution and of its two gradients share. */
import type { Window } from "../_window.ts";
import type { Shape } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { planProduct, type ProductPlan, type ProductSize } from "./_plan_product.ts";

/** What a convolution's programs are written for; sizes of maps are left open, since images come in many. */
export interface ConvolutionCode {
  readonly window: Window;
  /** Of the input. */
  readonly channels: number;
  /** Channels of the output. */
  readonly outputs: number;
  readonly tile: ProductPlan["tile"];
}

/** Chooses how a product is computed. */
export type Planner = (size: ProductSize, options: { splittable: boolean; copies: number }) => ProductPlan;

/** The best plan for this device. */
export const bestPlan: Planner = (size, options) => {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  return planProduct(size, { ...options, storageBytes: device.limits.maxComputeWorkgroupStorageSize });
};

/** Fields of `size` in the programs. */
export const convolutionNumbers = ["rows", "sum", "perSplit", "height", "width", "newHeight", "newWidth"] as const;

/** Values of {@linkcode convolutionNumbers}. */
export function convolutionSizes(
  { rows, sum }: ProductSize,
  { plan, x, y }: { plan: ProductPlan; x: Shape; y: Shape },
): number[] {
  return [rows, sum, plan.perSplit, x[1], x[2], y[1], y[2]];
}

/** Workgroups of a product. */
export function productWorkgroups(
  { rows, columns }: ProductSize,
  { tile, parts }: { tile: ProductPlan["tile"]; parts: number },
): readonly [number, number, number] {
  return [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows), parts];
}

/** Declares `range()` of a product whose sum is cut into parts. */
export const splitRange = `
fn range(part: i32) -> vec2<i32> {
  return vec2<i32>(part * size.perSplit, min((part + 1) * size.perSplit, size.sum));
}`;

/** Body of `rowOf()` of a product whose parts are stored one after the other. */
export const splitRow = "return select(-1, part * size.rows + m, m < size.rows);";
