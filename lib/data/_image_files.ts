import { join, resolve } from "node:path";
import { realpathSync } from "node:fs";
import { isFolder } from "../files/disk.ts";

/** What finds the image that other files mean. */
export interface ImageFinder {
  /**
   * Id of the image that a key means: an id, the name of a file, or a path as far as one knows it, from its end. Unicode
   * may be composed or not.
   * @param key The key.
   * @param source The file that holds it, for messages.
   * @returns `null` if there is none.
   * @throws Error if several images may be meant.
   */
  find(key: string, source: string): string | null;
}

/** The image files of a data set. */
export interface ImageFiles extends ImageFinder {
  /** Folder that holds them, perhaps in folders of their own. */
  readonly folder: string;
  /**
   * Paths below the folder by id: the name without folders and extension, with its folders (`cat__1` of `cat/1.jpg`)
   * where several folders hold one of this name. Several paths where files differ in their extension alone.
   */
  readonly byId: ReadonlyMap<string, readonly string[]>;
  /** Path of the masks of an image below their folder, without extension: its id, or with folders as the image. */
  maskName(id: string): string;
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

/** Finds the images in `JPEGImages` of a folder, else in `images`, else in the folder itself, also over links; not in `except`. */
export function findImages(root: string, except: string | null = null): ImageFiles {
  const folder = ["JPEGImages", "images"].map((name) => join(root, name)).find(isFolder) ?? root;
  const byPlace = Map.groupBy([...imagePaths(folder, except && resolve(except))].sort(), withoutImageExtension);
  if (byPlace.size === 0) throw new Error(`Expected images (${IMAGE_EXTENSIONS}) in ${folder} but found none`);
  const namesakes = new Map<string, number>(), byId = new Map<string, readonly string[]>();
  for (const name of byPlace.keys().map(lastOf)) namesakes.set(name, (namesakes.get(name) ?? 0) + 1);
  for (const [place, paths] of byPlace) {
    const name = lastOf(place), id = namesakes.get(name)! > 1 ? place.replaceAll("/", "__") : name;
    byId.set(id, byId.get(id)?.concat(paths) ?? paths);
  }
  const maskName = (id: string) => {
    const place = withoutImageExtension(byId.get(id)?.[0] ?? id);
    return lastOf(place) === id ? id : place;
  };
  return { folder, byId, maskName, find: finderOf(byId) };
}

function* imagePaths(
  folder: string,
  except: string | null,
  below = "",
  outer: readonly string[] = [],
): Generator<string> {
  const here = join(folder, below), entries = Array.from(Deno.readDirSync(here)); // faster than Node's
  if (resolve(here) === except) return;
  if (below !== "" && entries.some(({ name }) => name === "run.json")) return; // results of a run, not images
  for (const entry of entries) {
    if (entry.name.startsWith(".") || NO_IMAGES.has(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`, isLink = entry.isSymlink;
    if (entry.isDirectory) {
      yield* imagePaths(folder, except, path, outer);
    } else if (isLink && isFolder(join(folder, path))) {
      const target = realpathSync(join(folder, path)), around = [...outer, realpathSync(here)];
      const isCircle = around.some((one) => one === target || one.startsWith(`${target}/`));
      if (!isCircle) yield* imagePaths(folder, except, path, [...around, target]);
    } else if (IMAGE_FILE.test(entry.name)) {
      yield path;
    }
  }
}

const lastOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** A key as a path: composed, with plain slashes, without address or `./` before it. */
export function placeOf(key: string): string {
  const text = key.trim().normalize().replaceAll("\\", "/");
  return (/^\w+:\/\//.test(text) ? text.replace(/[?#].*$/, "") : text).replace(/^(\w+:\/\/|[a-z]:\/|\.?\/)+/i, "");
}

/** Whether one of two paths is the end of the other. */
export function endsAlike(a: string, b: string): boolean {
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}

/** A value that is worked out where it is needed, and kept. */
function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

function finderOf(byId: ImageFiles["byId"]): ImageFinder["find"] {
  const composed = once(() => new Map(Array.from(byId.keys(), (id) => [id.normalize(), id])));
  const byName = once(() => {
    const images = Array.from(byId, ([id, [path = ""]]) => ({ id, place: withoutImageExtension(path.normalize()) }));
    return Map.groupBy(images, ({ place }) => lastOf(place));
  });
  return (key, source) => {
    if (byId.has(key)) return key;
    const place = placeOf(key);
    if (place.split("/").includes("..")) return null;
    for (const one of new Set([place, withoutImageExtension(place)])) {
      const known = byId.has(one) ? one : composed().get(one);
      if (known !== undefined) return known;
      const found = byName().get(lastOf(one))?.filter((image) => endsAlike(image.place, one)) ?? [];
      const most = Math.max(...found.map((image) => Math.min(image.place.length, one.length)));
      const best = found.filter((image) => Math.min(image.place.length, one.length) === most);
      if (best.length > 1) {
        const places = best.slice(0, 5).map((image) => image.place).join(", ");
        throw new Error(`Expected the name of one image in ${source} but found ${key}, which may be ${places}`);
      }
      if (best.length === 1) return best[0]!.id;
    }
    return null;
  };
}
