import type { ExportedInstances } from "../formats/mod.ts";

/** Some of the instances of an image, in this order. */
export function keepInstances<T extends ExportedInstances>(
  { height, width, class: classes, score, mask }: T,
  kept: readonly number[],
): Pick<T, "height" | "width" | "mask"> & { class: number[]; score: number[] } {
  const size = height * width, masks = new Uint8Array(kept.length * size);
  kept.forEach((n, place) => masks.set(mask.subarray(n * size, (n + 1) * size), place * size));
  return { height, width, class: kept.map((n) => classes[n]!), score: kept.map((n) => score?.[n] ?? 1), mask: masks };
}
