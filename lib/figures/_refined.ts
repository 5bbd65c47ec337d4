import type { PictureSize } from "./maps.ts";

/** The way from every pixel to its centroid. */
export function displacementsTo(centroids: ArrayLike<number>, { height, width }: PictureSize): Float32Array {
  const size = height * width;
  if (centroids.length !== 2 * size) {
    throw new RangeError(
      `Expected centroids of 2×${height}×${width} = ${2 * size} values but found ${centroids.length}`,
    );
  }
  return Float32Array.from({ length: 2 * size }, (_, i) => {
    const pixel = i % size;
    return centroids[i]! - (i < size ? Math.floor(pixel / width) : pixel % width);
  });
}
