import type { RgbImage } from "../data/image.ts";
import type { PredictedMasks } from "../evaluation/instances.ts";
import { drawCam } from "./cam.ts";
import type { Figure } from "./figure.ts";
import { drawInstances } from "./labels.ts";
import type { PictureSize } from "./maps.ts";
import { panelFigure } from "./_panels.ts";

/** A piece of a CAM on its way to a mask, all maps [h, w]. */
export interface SynthesisPiece {
  /** Class and cluster, such as `cat, cluster 2`. */
  readonly name: string;
  /** CAM of its class. */
  readonly cam: Float32Array;
  /** 1 in the cluster of the instance map, 0 elsewhere. */
  readonly cluster: Uint8Array;
  /** The piece: the CAM within the cluster. */
  readonly piece: Float32Array;
  /** The piece after the walk. */
  readonly walked: Float32Array;
  /** Instance that it became, of any size; `null`: it wins nowhere. */
  readonly mask: (PictureSize & { readonly data: Uint8Array; readonly score: number }) | null;
}

/** Pieces of {@linkcode synthesisFigure}, and the size of their maps. */
export interface SynthesisFigureOptions extends PictureSize {
  /** At least one. */
  readonly pieces: readonly SynthesisPiece[];
  /** Steps of the walk. */
  readonly steps: number;
}

/**
 * Synthesis of pseudo instances: the CAM of a class, cut by one cluster of the instance map, walks up to boundaries, and
 * is a mask where it wins (paper: Synthesizing Instance Segmentation Labels).
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Pieces.
 * @returns The figure.
 * @throws RangeError without pieces, or if a map does not hold as many values as the size says.
 */
export function synthesisFigure(image: RgbImage, { height, width, pieces, steps }: SynthesisFigureOptions): Figure {
  if (pieces.length === 0) throw new RangeError("Expected at least one piece but found none");
  const map = (data: Float32Array) => {
    const most = data.reduce((a, b) => Math.max(a, b), 1e-9);
    return {
      picture: drawCam(image, { height, width, data: data.map((value) => value / most) }),
      caption: `maximum ${most.toPrecision(2)}`,
    };
  };
  const masked = (mask: PredictedMasks) => drawInstances(image, mask, { opacity: 0.75 });
  return panelFigure({
    title: "From a class and a cluster to a mask",
    subtitle:
      "The CAM of a class, times one cluster of the instance map, is a piece. It walks along affinities, and its " +
      "mask is where it scores higher than every other piece and than the background.",
    columns: ["CAM of the class", "× cluster of the instance map", "= piece", `→ after ${steps} steps`, "→ mask"],
    rows: pieces.map(({ name, cam, cluster, piece, walked, mask }) => ({
      heading: name,
      panels: [
        map(cam),
        { picture: masked({ height, width, mask: cluster, score: [1], class: [0] }) },
        map(piece),
        map(walked),
        mask === null
          ? {
            picture: masked({ height, width, mask: new Uint8Array(0), score: [], class: [] }),
            caption: "wins nowhere",
          }
          : {
            picture: masked({ height: mask.height, width: mask.width, mask: mask.data, score: [1], class: [0] }),
            caption: `score ${mask.score.toFixed(2)}`,
          },
      ],
    })),
    legend: [{ kind: "scale", map: "viridis", from: "0", to: "1", text: "fraction of the map's maximum" }],
  });
}
