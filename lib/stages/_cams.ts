import { type CamArchive, parseCamArrays } from "../cam/cam_archive.ts";
import type { StageContext } from "../run/stage.ts";
import { decodeNpz } from "../files/npz.ts";

/** Reads an image's archive of class activation maps. */
export async function readCams({ files }: Pick<StageContext, "files">, id: string): Promise<CamArchive> {
  const name = files.path("cam", `${id}.npz`);
  return parseCamArrays(decodeNpz(await files.require("cam", `${id}.npz`), name), name);
}
