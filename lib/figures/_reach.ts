/** The length that 99 % of displacements [2, …] stay below, and at least one pixel: a field at rest stays white. */
export function usualReach(vectors: Float32Array): number {
  const size = vectors.length / 2;
  const lengths = Float32Array.from({ length: size }, (_, i) => Math.hypot(vectors[i]!, vectors[size + i]!)).sort();
  return Math.max(lengths[Math.floor(0.99 * (size - 1))] ?? 1, 1);
}
