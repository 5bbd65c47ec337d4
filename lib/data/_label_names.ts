import { withoutImageExtension } from "./_image_files.ts";

/** Class names of images by id, in the order of their file; names are unique within an image. */
export type NamesById = ReadonlyMap<string, readonly string[]>;

/** Collects the class names of images from the entries of a file. */
export class NameCollector {
  readonly #path: string;
  readonly #names = new Map<string, Set<string>>();

  /** @param path The file, for messages. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The id that an entry means: the name of an image file loses its extension.
   * @throws Error if it is empty or holds a folder.
   */
  id(text: string): string {
    const id = withoutImageExtension(text.trim());
    if (id === "") throw new Error(`Expected an id in ${this.#path} but found ${JSON.stringify(text)}`);
    if (/[/\\]/.test(id)) throw new Error(`Expected ids without folders in ${this.#path} but found ${text}`);
    return id;
  }

  /** Whether an id has been added. */
  has(id: string): boolean {
    return this.#names.has(id);
  }

  /** Adds names to those of an image; empty ones count as none. */
  add(id: string, names: Iterable<string>): void {
    const all = this.#names.get(id) ?? new Set<string>();
    for (const name of names) if (name.trim() !== "") all.add(name.trim());
    this.#names.set(id, all);
  }

  /** Everything that was added. */
  all(): NamesById {
    return new Map([...this.#names].map(([id, names]) => [id, [...names]]));
  }
}
