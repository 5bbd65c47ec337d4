import type { GridSize, PathIndex } from "../../relation/mod.ts";
import { featureDistance } from "../../tensor/feature_pairs.ts";

/**
 * Affinities exp(−mean over channels |fᵢ − fⱼ|) of all pairs that lie inside an image.
 *
 * @param features [h, w, C].
 * @returns [pairs, h, w]: pair k of the index between a pixel and the pixel at its offset; 0 where that lies outside.
 */
export function pairAffinities(
  features: Float32Array,
  { index, size: { height, width } }: { index: PathIndex; size: GridSize },
): Float32Array {
  const channels = features.length / (height * width);
  const result = new Float32Array(index.count * height * width);
  for (let k = 0; k < index.count; k++) {
    const dy = index.destinations[2 * k]!, dx = index.destinations[2 * k + 1]!;
    for (let y = 0; y < height - dy; y++) {
      for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
        const i = y * width + x, j = i + dy * width + dx;
        result[(k * height + y) * width + x] = Math.exp(
          -featureDistance(features, i * channels, j * channels, channels),
        );
      }
    }
  }
  return result;
}
