import { relative } from "node:path";
import type { Dataset } from "../data/mod.ts";
import type { CocoImage } from "../formats/mod.ts";
import { showJson } from "../files/json.ts";

/** An image with ground truth. */
export interface ListedImage {
  /** Its id in the data set, or the name of its file. */
  readonly name: string;
  /** Its id in results. */
  readonly id: number | string;
  /** Names that it goes by, as {@linkcode fileKeys} gives them. */
  readonly keys: readonly [whole: string, bare: string, stem: string];
}

/** The name of an image in COCO's file of labels, else the path that other programs join to VOC's `JPEGImages`. */
export function fileNameOf(dataset: Dataset, { id, root }: { id: string; root: string }): string {
  return dataset.coco?.images.get(id)?.fileName ??
    relative(root, dataset.imagePath(id)).replaceAll("\\", "/").replace(/^(JPEGImages|images)\//, "");
}

/** A file's whole name, that without extension, and that without folders either. */
export function fileKeys(fileName: string): [whole: string, bare: string, stem: string] {
  const bare = fileName.replace(/\.[^./\\]+$/, "");
  return [fileName, bare, bare.replace(/^.*[\\/]/, "")];
}

/** Finds images of the ground truth by what predictions call them. */
export class ImageMatcher {
  readonly #byId: ReadonlyMap<number | string, ListedImage>;
  readonly #byKey: readonly ReadonlyMap<string, readonly ListedImage[]>[];
  readonly #split: string;

  constructor({ images, split }: { images: readonly ListedImage[]; split: string }) {
    this.#byId = new Map(images.map((image) => [image.id, image]));
    this.#byKey = [0, 1, 2].map((level) => Map.groupBy(images, ({ keys }) => keys[level]!));
    this.#split = split;
  }

  /**
   * The image of a result: by its id, else, where `image_id` is text, by the name of its file.
   *
   * @throws Error if there is none, or several.
   */
  ofResult({ image: id, name }: { image: number | string; name: string }): ListedImage {
    const known = this.#byId.get(id);
    if (known) return known;
    const named = typeof id === "string" ? this.#named([id, id, id], { levels: [0, 1, 2], name }) : null;
    const like = this.#byId.get(typeof id === "number" ? String(id) : String(Number(id)) === id ? Number(id) : NaN);
    if (named && (!like || like === named || named.name === id)) return named;
    const hint = named && like
      ? `, which may mean the id ${showJson(like.id)} or the file ${named.name}`
      : like
      ? `, where ids are like ${showJson(like.id)}`
      : "";
    throw new Error(
      `Expected image_id of ${name} among the images of ${this.#split} but found ${showJson(id)}${hint}`,
    );
  }

  /**
   * The image that a data set of predictions lists: by id where the names of the files agree, by the whole name, by
   * the name without folder and extension.
   *
   * @returns `null` if there is none. @throws Error if there are several.
   */
  ofImage({ id, fileName }: CocoImage): ListedImage | null {
    const keys = fileKeys(fileName), known = this.#byId.get(id), name = `image ${showJson(id)}`;
    const nameless = fileName === String(id) || known?.name === String(id);
    if (known && (nameless || known.keys[0] === fileName)) return known;
    const whole = this.#named(keys, { levels: [0], name });
    if (whole) return whole;
    return known?.keys[2] === keys[2] ? known : this.#named(keys, { levels: [1, 2], name });
  }

  /** The ids of two images that share one, for messages. */
  sharedId(images: Iterable<CocoImage>): string {
    for (const { id, fileName } of images) {
      const known = this.#byId.get(id);
      if (known) return `: image ${showJson(id)} is ${known.name} there and ${fileName} here`;
    }
    return "";
  }

  #named(keys: readonly string[], { levels, name }: { levels: readonly number[]; name: string }): ListedImage | null {
    for (const level of levels) {
      const [first, second] = this.#byKey[level]!.get(keys[level]!) ?? [];
      if (second) {
        const both = [first!, second].map((image) => `${image.name} (id ${showJson(image.id)})`).join(" and ");
        throw new Error(`Expected one image of ${this.#split} for ${name}, ${keys[0]}, but found ${both}`);
      }
      if (first) return first;
    }
    return null;
  }
}
