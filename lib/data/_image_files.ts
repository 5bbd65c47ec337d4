import { join } from "node:path";
import { readdirSync } from "node:fs";
import { isFolder } from "../files/disk.ts";

/** The image files of a data set. */
export interface ImageFiles {
  /** Folder that holds them, perhaps in folders of their own. */
  readonly folder: string;
  /** Paths below the folder by id, the name without folders and extension; several where an id is not unique. */
  readonly byId: ReadonlyMap<string, readonly string[]>;
}

/** Extensions of images, as the error messages name them. */
export const IMAGE_EXTENSIONS = ".jpg, .jpeg, .png, .webp, .tif, .tiff";

const IMAGE_FILE = /^(.+)\.(?:jpe?g|png|webp|tiff?)$/i;

/** Folders of VOC's layout that hold no images. */
const NO_IMAGES = new Set(["Annotations", "ImageSets", "SegmentationClass", "SegmentationObject"]);

/** The name of a file without its extension, if that is one of an image; other names as they are. */
export function withoutImageExtension(name: string): string {
  return IMAGE_FILE.exec(name)?.[1] ?? name;
}

/** Finds the images in `JPEGImages` of a folder, else in `images`, else in the folder itself. */
export function findImages(root: string): ImageFiles {
  const folder = ["JPEGImages", "images"].map((name) => join(root, name)).find(isFolder) ?? root;
  const byId = new Map<string, string[]>();
  for (const path of [...imagePaths(folder, "")].sort()) {
    const id = withoutImageExtension(path.slice(path.lastIndexOf("/") + 1));
    const paths = byId.get(id);
    if (paths) paths.push(path);
    else byId.set(id, [path]);
  }
  if (byId.size === 0) throw new Error(`Expected images (${IMAGE_EXTENSIONS}) in ${folder} but found none`);
  return { folder, byId };
}

function* imagePaths(folder: string, below: string): Generator<string> {
  const entries = readdirSync(join(folder, below), { withFileTypes: true });
  if (below !== "" && entries.some(({ name }) => name === "run.json")) return; // results of a run, not images
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!NO_IMAGES.has(entry.name)) yield* imagePaths(folder, path);
    } else if (IMAGE_FILE.test(entry.name)) {
      yield path;
    }
  }
}
