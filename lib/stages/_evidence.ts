import { stridedCam } from "../cam/cam_archive.ts";
import { clusterCentroids, type Clusters, findCentroids } from "../displacement/mod.ts";
import type { Config } from "../config/config.ts";
import type { StageContext } from "../run/stage.ts";
import type { Evidence } from "../synthesis/mod.ts";
import { decodeNpz } from "../files/npz.ts";
import { readCams } from "./_cams.ts";

/** IRNet's maps of an image, at stride 4. */
export interface StoredMaps {
  readonly height: number;
  readonly width: number;
  /** [height, width]. */
  readonly boundary: Float32Array;
  /** [2, height, width]. */
  readonly displacement: Float32Array;
}

/** Reads the boundary map and displacement field of an image. */
export async function readMaps({ files }: Pick<StageContext, "files">, id: string): Promise<StoredMaps> {
  const name = files.path("irnet", `${id}.npz`);
  const { boundary, displacement } = decodeNpz(await files.require("irnet", `${id}.npz`), name);
  const [height, width] = boundary?.shape ?? [];
  if (!boundary || !displacement || displacement.data.length !== 2 * boundary.data.length || !height || !width) {
    throw new Error(`Expected boundary [h, w] and displacement [2, h, w] in ${name} but found other arrays`);
  }
  return {
    height,
    width,
    boundary: Float32Array.from(boundary.data),
    displacement: Float32Array.from(displacement.data),
  };
}

/** What synthesis knows of an image: its CAMs at stride 4 and IRNet's maps. */
export async function readEvidence(
  context: Pick<StageContext, "files" | "dataset">,
  id: string,
): Promise<{ evidence: Evidence; maps: StoredMaps }> {
  const [cams, maps] = await Promise.all([readCams(context, id), readMaps(context, id)]);
  const [height, width] = "size" in cams ? cams.size : [cams.highRes.height, cams.highRes.width];
  const { data } = stridedCam(cams);
  return { evidence: { height, width, keys: cams.keys, cams: data, boundary: maps.boundary }, maps };
}

/** The class-agnostic instance map of a displacement field. */
export function clustersOf(
  { displacement: field, height, width }: StoredMaps,
  settings: Config["displacement"],
): Clusters {
  const centroids = findCentroids(field, { height, width, iterations: settings.iterations });
  return clusterCentroids(centroids, { field, height, width, threshold: settings.clusterThreshold });
}
