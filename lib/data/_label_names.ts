import { closestString } from "@std/text/closest-string";
import { endsAlike, type ImageFinder, placeOf, withoutImageExtension } from "./_image_files.ts";

/** Class names of images by id, in the order of their file; names are unique within an image. */
export type NamesById = ReadonlyMap<string, readonly string[]>;

/** What a file of labels is read with. */
export interface LabelOptions {
  /** Finds the images that keys mean. */
  readonly images: ImageFinder;
  /** Headings of the columns of class names, or keys of JSON, with commas between; `null`: found by their names. */
  readonly column?: string | null;
  /** Names of the classes where they are known: only then may numbers be names. */
  readonly classes?: readonly string[] | null;
}

/** Labels as a file has them. */
export interface FoundLabels {
  /** Class names by id of the image; by key where there is no such image. */
  readonly names: NamesById;
  /** Words for where in the file they were; empty: there is no choice. */
  readonly where: string;
  /** Sentences about what people should look at. */
  readonly doubts: readonly string[];
  /** Numbers of COCO, if it is a file of COCO. */
  readonly coco?: CocoNumbers;
  /** All classes in their order, where the file depends on it. */
  readonly classes?: readonly string[];
}

/** Numbers and names that a file of COCO gives to images and classes. */
export interface CocoNumbers {
  /** By id of the image. */
  readonly images: ReadonlyMap<string, { readonly id: number | string; readonly fileName: string }>;
  /** Number of a class by its name. */
  readonly categories: ReadonlyMap<string, number>;
}

/** "; the nearest is …" for a name that is not among the known ones; empty where none are known. */
export function nearestOf(name: string, known: readonly string[]): string {
  return known.length > 0 ? `; the nearest is ${closestString(name, known)}` : "";
}

/** A number, also with a decimal comma. */
export const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i;

/** Collects the class names of images from the entries of a file. */
export class NameCollector {
  readonly #path: string;
  readonly #options: LabelOptions;
  readonly #names = new Map<string, string[]>();
  readonly #places = new Map<string, string>();

  /** @param path The file, for messages. */
  constructor(path: string, options: LabelOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Id of the image that a key means, or `null`. */
  find(key: string): string | null {
    return this.#options.images.find(key, this.#path);
  }

  /**
   * Id of the image that a key means; of an image that is not there its place.
   * @throws Error if it is empty, or if another key means the same image in another folder.
   */
  id(key: string): string {
    const place = withoutImageExtension(placeOf(key));
    if (place === "" || place.split("/").includes("..")) {
      throw new Error(`Expected an id in ${this.#path} but found ${JSON.stringify(key)}`);
    }
    const id = this.find(key) ?? place, before = this.#places.get(id) ?? place;
    if (!endsAlike(before, place)) {
      throw new Error(`Expected one key of the image ${id} in ${this.#path} but found ${before} and ${place}`);
    }
    this.#places.set(id, before.length > place.length ? before : place);
    return id;
  }

  /** Adds names to those of an image; empty ones count as none. @throws Error if the image has some, and must not. */
  add(id: string, names: Iterable<string>, { once = false } = {}): void {
    const known = this.#names.get(id);
    if (once && known) throw new Error(`Expected every id once in ${this.#path} but found ${id} twice`);
    const all = known ?? [];
    for (const text of names) {
      const name = text.trim().normalize();
      if (name !== "" && !all.includes(name)) all.push(name);
    }
    this.#names.set(id, all);
  }

  /** Everything that was added. */
  all(): NamesById {
    return this.#names;
  }
}
