import { createHash } from "node:crypto";
import { join } from "node:path";
import { readdirSync } from "node:fs";
import sharp from "sharp";
import { findImages } from "./_image_files.ts";
import type { FoundLabels } from "./_label_names.ts";
import { findLabels, readLabels } from "./_labels.ts";
import { decodeImage, imageProblem, isTransparent } from "./read_image.ts";
import { isFile, isFolder, namesIn } from "../files/disk.ts";
import { decodeMask, maskFinder } from "./_mask.ts";

/** Content of a folder of images. */
export interface FolderReport {
  /** The folder. */
  readonly root: string;
  /** Every image that can be read, in the order of the ids. */
  readonly images: readonly ImageFacts[];
  /** Files that cannot be read, and why. */
  readonly unreadable: readonly { readonly id: string; readonly message: string }[];
  /** Ids that several files have. */
  readonly ambiguous: readonly { readonly id: string; readonly files: readonly string[] }[];
  /** File or folder of the labels. */
  readonly labelSource: string;
  /** What is in it. */
  readonly labels: Omit<FoundLabels, "names">;
  /** Those in the folder of images without any class. */
  readonly negatives: readonly ImageFacts[];
  /** Class names of images by id, of those without an image too. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Names of the lists in `ImageSets/Segmentation`. */
  readonly lists: readonly string[];
  /** Ground truth of classes by the id of its image. */
  readonly masks: ReadonlyMap<string, MaskFacts>;
  /** Files in the folders of masks that are no PNG files, and are not read. */
  readonly otherMasks: readonly string[];
  /** Ground truth of instances by the id of its image. */
  readonly instanceMasks: ReadonlyMap<string, MaskFacts>;
}

/** Facts about one image file. */
export interface ImageFacts {
  /** The id. */
  readonly id: string;
  /** Columns, pixels, as people see it. */
  readonly width: number;
  /** Rows, pixels, as people see it. */
  readonly height: number;
  /** jpeg, png, webp, tiff, … */
  readonly format: string;
  /** Special traits of its pixels: grey, CMYK, 16 bits, … */
  readonly traits: readonly string[];
  /** Hash of the file. */
  readonly hash: string;
}

/** Facts about one mask. */
export interface MaskFacts {
  /** Reason why it cannot be read; `null` if it can. */
  readonly problem: string | null;
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** Values in it but 0 and 255, ascending. */
  readonly ids: readonly number[];
  /** Values by the indices, where these are not what VOC's colours say, which `ids` are; else `null`. */
  readonly indices: readonly number[] | null;
  /** Some pixels are 255, void. */
  readonly hasVoid: boolean;
}

/** Options of {@linkcode inspectFolder}. */
export interface InspectOptions {
  /** File or folder of the labels; `null`: where {@linkcode openDataset} finds them. */
  readonly labels: string | null;
  /** Folder of images without any class; absent: none. */
  readonly negatives?: string | null;
  /** Columns of the class names; default: found by their headings. */
  readonly labelColumn?: string | null;
  /** Names of the classes, if they are known. */
  readonly classes?: readonly string[] | null;
  /** Told after every image. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Looks at every image, label and mask of a folder, as {@linkcode openDataset} would find them.
 *
 * @param root The folder.
 * @param options Where the labels are.
 * @returns What was found; judging it is left to the caller.
 * @throws Error if there are no images, no labels, or labels that cannot be read, or if an image without any class cannot.
 * @example
 * ```ts ignore
 * const { images, names } = await inspectFolder("my-data", { labels: null });
 * ```
 */
export async function inspectFolder(
  root: string,
  { labels: file, labelColumn = null, negatives = null, classes = null, progress }: InspectOptions,
): Promise<FolderReport> {
  if (!isFolder(root)) throw new Error(`Expected a folder of images but found none at ${root}`);
  const found = findImages(root, negatives), { folder, byId } = found, labelSource = findLabels(root, file, found);
  const { names, ...labels } = await readLabels(labelSource, { images: found, column: labelColumn, classes });

  const images: ImageFacts[] = [], unreadable: { id: string; message: string }[] = [];
  const ids = [...byId.keys()].sort(), single = ids.filter((id) => byId.get(id)!.length === 1);
  const maskPaths = maskFinder(root, found),
    masks = new Map<string, MaskFacts>(),
    instanceMasks = new Map<string, MaskFacts>();
  await inLanes(single, async (id, done) => {
    const path = join(folder, byId.get(id)![0]!);
    try {
      images.push(await inspectImage(id, path));
    } catch (error) {
      unreadable.push({ id, message: await imageProblem(error, path) });
    }
    maskPaths(id).forEach((mask, n) => {
      if (isFile(mask)) [masks, instanceMasks][n]!.set(id, inspectMask(mask));
    });
    progress?.(done, single.length);
  });
  const lists = join(root, "ImageSets", "Segmentation");
  const byOrder = <T extends { id: string }>(facts: T[]) => facts.sort((a, b) => a.id < b.id ? -1 : 1);
  return {
    root,
    images: byOrder(images),
    unreadable: byOrder(unreadable),
    ambiguous: ids.filter((id) => byId.get(id)!.length > 1).map((id) => ({ id, files: byId.get(id)! })),
    labelSource,
    labels,
    negatives: negatives === null ? [] : await inspectNegatives(negatives),
    names,
    lists: isFolder(lists)
      ? readdirSync(lists).filter((file) => file.endsWith(".txt")).map((file) => file.slice(0, -4)).sort()
      : [],
    masks,
    otherMasks: ["SegmentationClass", "SegmentationObject"].flatMap((kind) =>
      namesIn(join(root, kind)).filter((name) => /\.(jpe?g|bmp|gif|tiff?|webp|npy|mat)$/i.test(name))
        .sort().map((name) => `${kind}/${name}`)
    ),
    instanceMasks,
  };
}

/** Images without any class, each of which must be readable: nothing lists them one by one. */
async function inspectNegatives(root: string): Promise<ImageFacts[]> {
  const { folder, byId } = findImages(root), images: ImageFacts[] = [];
  await inLanes([...byId].sort(), async ([id, [file, ...others]]) => {
    const path = join(folder, file!);
    if (others.length > 0) {
      throw new Error(`Expected one image ${id} in ${folder} but found ${file}, ${others.join(", ")}`);
    }
    try {
      images.push(await inspectImage(id, path));
    } catch (error) {
      throw new Error(
        `Expected images that can be read in ${root} but found ${path}: ${await imageProblem(error, path)}`,
      );
    }
  });
  return images;
}

async function inspectImage(id: string, path: string): Promise<ImageFacts> {
  const bytes = await Deno.readFile(path);
  const image = sharp(bytes, { failOn: "error" }), facts = await image.metadata();
  const { autoOrient, format, space, depth, isPalette, orientation = 1, pages = 1 } = facts;
  const hasAlpha = await isTransparent(path, facts);
  // A file that is cut off fails here, as does a TIFF file of values that are not read.
  await (format === "tiff" ? decodeImage(path) : image.resize(16, 16, { fit: "fill" }).raw().toBuffer());
  const traits = [
    space === "cmyk" && "CMYK",
    (space === "b-w" || space === "grey16") && "grey",
    depth !== "uchar" && "more than 8 bits",
    isPalette && "palette",
    hasAlpha && "transparency",
    facts.hasAlpha && !hasAlpha && "bands that are no colour and not declared alpha, which are left out",
    orientation > 1 && "turned by EXIF",
    pages > 1 && "several pages, of which the first counts",
  ].filter((trait) => trait !== false && trait !== undefined);
  return { id, ...autoOrient, format, traits, hash: createHash("sha256").update(bytes).digest("hex") };
}

function inspectMask(path: string): MaskFacts {
  try {
    const { width, height, data, indices } = decodeMask(Deno.readFileSync(path), path);
    const idsOf = (values: Uint8Array) =>
      [...new Set(values)].filter((id) => id !== 0 && id !== 255).sort((a, b) => a - b);
    const ids = idsOf(data), hasVoid = data.includes(255);
    return { problem: null, width, height, ids, indices: indices && idsOf(indices), hasVoid };
  } catch (error) {
    return { problem: (error as Error).message, width: 0, height: 0, ids: [], indices: null, hasVoid: false };
  }
}

/** Calls a function on every item, with four calls under way. */
async function inLanes<T>(items: readonly T[], work: (item: T, done: number) => Promise<void>): Promise<void> {
  let next = 0, done = 0;
  const lane = async () => {
    while (next < items.length) await work(items[next++]!, ++done);
  };
  await Promise.all(Array.from({ length: 4 }, lane));
}
