import type { RgbImage } from "../data/image.ts";
import { distinctColour } from "./_distinct_colour.ts";
import type { ClusterMap } from "./maps.ts";
import { greyed, lineWidth, onRim, paint } from "./_paint.ts";
import { stretchNearest } from "./_stretch.ts";

/**
 * A class-agnostic instance map over its photograph: pixels of one colour move to one centroid (paper: Generating
 * Class-agnostic Instance Map). It covers the background too.
 *
 * @param image The photograph.
 * @param clusters Cluster of every pixel, at stride 4 as a rule.
 * @param options How much of the photograph is covered, 0…1.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function drawClusters(
  image: RgbImage,
  clusters: ClusterMap,
  { opacity = 0.6 }: { readonly opacity?: number } = {},
): RgbImage {
  const canvas = greyed(image), map = stretchNearest(clusters, image), reach = lineWidth(image);
  for (let i = 0; i < map.length; i++) {
    const rim = onRim(map, i, { ...image, reach });
    paint(canvas, i, { colour: distinctColour(map[i]!), opacity: rim ? 1 : opacity });
  }
  return canvas;
}
