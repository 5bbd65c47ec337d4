/** Measures work: time a unit, and memory at its peak. */
/** A part of a piece of work: where it began, where it was warm, and how far it is. */
interface Part {
  readonly first: Moment;
  warm: Moment | null;
  last: Moment;
}

interface Moment {
  readonly done: number;
  readonly time: number;
}

/**
 * Measures how long the units of a piece of work take, part by part. What is loaded before the first does not count, nor
 * do the first units, which start and warm up what computes them, if there are as many after them.
 */
export class Pace {
  readonly #now: () => number;
  readonly #warmUp: number;
  readonly #parts: Part[] = [];

  /** Starts to measure by a clock that counts milliseconds; `warmUp`: units that are done at once. */
  constructor({ warmUp = 1, now = () => performance.now() }: { warmUp?: number; now?: () => number } = {}) {
    this.#warmUp = warmUp;
    this.#now = now;
  }

  /** Notes how many units are done; when these become fewer, or are as many again, another part has begun. */
  update(done: number): void {
    const part = this.#parts.at(-1), moment = { done, time: this.#now() };
    if (!part || done <= part.last.done) {
      this.#parts.push({ first: moment, warm: null, last: moment });
      return;
    }
    part.last = moment;
    if (done >= part.first.done + this.#warmUp) part.warm ??= moment;
  }

  /** Seconds that all units take at these paces. */
  get spent(): number {
    const paces = this.seconds;
    return this.#parts.reduce((sum, { first, last }, i) => sum + (last.done - first.done) * (paces[i] ?? 0), 0);
  }

  /** Seconds a unit of each part; `null` where nothing was measured. */
  get seconds(): (number | null)[] {
    return this.#parts.map((part) => {
      const begin = this.#begin(part), units = part.last.done - begin.done;
      return units > 0 ? (part.last.time - begin.time) / 1000 / units : null;
    });
  }

  #begin({ first, warm, last }: Part): Moment {
    return warm && last.done - warm.done >= warm.done - first.done ? warm : first;
  }
}

const STATUS = "/proc/self/status", CLEAR = "/proc/self/clear_refs";

/**
 * Starts to watch the memory of the process, Workers included. Linux keeps the exact peak; elsewhere it is sampled.
 *
 * @returns A function that gives the peak since then, in bytes, and ends the watch.
 */
export function watchPeakMemory(): () => number {
  try {
    Deno.writeTextFileSync(CLEAR, "5"); // sets the peak back
    return () => {
      const kilobytes = /VmHWM:\s*(\d+) kB/.exec(Deno.readTextFileSync(STATUS))?.[1];
      return kilobytes ? Number(kilobytes) * 1024 : Deno.memoryUsage().rss;
    };
  } catch {
    let peak = Deno.memoryUsage().rss;
    const sample = () => peak = Math.max(peak, Deno.memoryUsage().rss);
    const timer = setInterval(sample, 500);
    return () => {
      clearInterval(timer);
      return sample();
    };
  }
}
