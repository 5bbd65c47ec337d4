/** Measures how long the units of a piece of work take, part by part, without what is loaded before. */
export class Pace {
  readonly #now: () => number;
  readonly #parts: { first: number; start: number; done: number; end: number }[] = [];

  /** Starts to measure by a clock that counts milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Notes how many units are done; when these become fewer, another part has begun. */
  update(done: number): void {
    const part = this.#parts.at(-1), now = this.#now();
    if (!part || done < part.done) this.#parts.push({ first: done, start: now, done, end: now });
    else Object.assign(part, { done, end: now });
  }

  /** Seconds of all parts together. */
  get spent(): number {
    return this.#parts.reduce((sum, { start, end }) => sum + (end - start) / 1000, 0);
  }

  /** Seconds a unit of each part; `null` where there was only one. */
  get seconds(): (number | null)[] {
    return this.#parts.map(({ first, start, done, end }) =>
      done > first ? (end - start) / 1000 / (done - first) : null
    );
  }
}
