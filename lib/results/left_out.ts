/** What an evaluation left out or took in its own way: how often, and where first. */
export class LeftOut {
  readonly #kinds = new Map<string, { count: number; readonly first: string }>();

  /** Counts one of a kind, such as `annotations without a segmentation`. */
  add(kind: string, name: string): void {
    const found = this.#kinds.get(kind);
    if (found) found.count++;
    else this.#kinds.set(kind, { count: 1, first: name });
  }

  /** A line for each kind. */
  lines(): string[] {
    return [...this.#kinds].map(([kind, { count, first }]) => `${kind}: ${count}, first ${first}`);
  }
}
