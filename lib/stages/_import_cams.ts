/** Class activation maps that another method has made. */
import { type CamArchive, camArrays, parseCamArrays } from "../cam/mod.ts";
import type { ImageProcessor, StageContext } from "../run/stage.ts";
import { readFileIfExists } from "../files/disk.ts";
import { decodeArrays, encodeNpz } from "../files/npz.ts";

/** Where the maps of an image may be. */
export function camFiles(folder: string, id: string): string[] {
  return [`${folder}/${id}.npz`, `${folder}/${id}.npy`];
}

/** Checks the maps in `cam.from` against images and classes, and stores them as our own. */
export function importCams({ config, dataset }: StageContext): ImageProcessor {
  return {
    process: async (id) => {
      const { archive, name } = await readGiven(config.cam.from!, id);
      const { height, width } = await dataset.readImage(id);
      const [h, w] = "size" in archive ? archive.size : [archive.highRes.height, archive.highRes.width];
      if (h !== height || w !== width) {
        throw new Error(`Expected maps of the ${height}×${width} image ${id} in ${name} but found those of ${h}×${w}`);
      }
      const classes = dataset.classes.length, key = archive.keys.find((key) => key >= classes);
      if (key !== undefined) {
        throw new Error(`Expected keys below ${classes}, the number of classes, in ${name} but found ${key}`);
      }
      return { [`${id}.npz`]: encodeNpz(camArrays(archive)) };
    },
    close: () => {},
  };
}

async function readGiven(folder: string, id: string): Promise<{ archive: CamArchive; name: string }> {
  for (const name of camFiles(folder, id)) {
    const bytes = await readFileIfExists(name);
    if (bytes) return { archive: parseCamArrays(decodeArrays(bytes, name), name), name };
  }
  throw new Error(`Expected class attention maps as ${camFiles(folder, id).join(" or ")} but found neither`);
}
