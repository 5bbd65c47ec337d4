/** Text for terminals: progress, short numbers, tables. */

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /** True for a terminal, where a bar is redrawn in place. */
  readonly terminal: boolean;
  /** Writes text. */
  readonly write: (text: string) => void;
  /** Milliseconds since some moment. */
  readonly now?: () => number;
  /** Text for an amount of work. Default: a number of steps or images. */
  readonly format?: (amount: number) => string;
}

const BAR = 24; // characters
const REDRAW = 100; // milliseconds between pictures of the bar
const LINE = 10_000; // milliseconds between lines

/** Shows how far a stage is, how fast, and how long it will take: a bar on a terminal, else a line every ten seconds. */
export class Progress {
  readonly #name: string;
  readonly #options: Required<Omit<ProgressOptions, "format">>;
  readonly #format: ((amount: number) => string) | undefined;
  #start: { time: number; done: number; total: number } | null = null;
  #last = 0;
  #shown = -Infinity;
  #drawn = false;

  /** Starts to show progress under a name. */
  constructor(name: string, { terminal, write, now = () => performance.now(), format }: ProgressOptions) {
    this.#name = name;
    this.#options = { terminal, write, now };
    this.#format = format;
  }

  /**
   * Shows progress if it is time to. Where there is another total, or fewer are done than before, another part of the work
   * has begun, with a rate of its own.
   *
   * @param done Steps or images done, also before this run; rate and time left count from the first call on.
   * @param total All of them.
   * @param note Something short to add.
   */
  update(done: number, total: number, note = ""): void {
    const { terminal, now } = this.#options, time = now();
    const isNext = this.#start?.total !== total || done < this.#last;
    this.#last = done;
    if (isNext) {
      this.#start = { time, done, total };
      if (!terminal) this.#shown = time; // the first line comes after the first ten seconds
    }
    if (time - this.#shown < (terminal ? REDRAW : LINE) && !(terminal && done === total)) return;
    this.#shown = time;
    this.#show(done, total, { time, note });
  }

  #show(done: number, total: number, { time, note }: { time: number; note: string }): void {
    const { terminal, write } = this.#options;
    const rate = (done - this.#start!.done) / ((time - this.#start!.time) / 1000);
    const format = this.#format ?? String;
    const speed = this.#format ? `${format(rate)}/s` : formatRate(rate);
    const left = rate > 0 ? `${speed}, ${formatTime((total - done) / rate)} left` : "";
    const filled = Math.round(BAR * done / Math.max(1, total));
    const bar = terminal ? `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ` : "";
    const text = `${this.#name} ${bar}${format(done)}/${format(total)}${
      [left, note].filter(Boolean).map((t) => `  ${t}`).join("")
    }`;
    write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
    this.#drawn = terminal;
  }

  /** Writes a line of its own. */
  log(line: string): void {
    this.end();
    this.#options.write(`${line}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawn) this.#options.write("\r\x1b[K");
    this.#drawn = false;
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    this.end();
  }
}

/** A speed in images or steps, such as `3.2/s` or `20/min`. */
export function formatRate(perSecond: number): string {
  const [speed, unit] = perSecond >= 1 ? [perSecond, "s"] : [perSecond * 60, "min"];
  return `${speed >= 10 ? Math.round(speed) : speed.toFixed(1)}/${unit}`;
}

/** A time such as `2h05m`, `3m20s` or `12s`. */
export function formatTime(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds), h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}h${two(m)}m` : m > 0 ? `${m}m${two(s)}s` : `${s}s`;
}

/** Rows of text → lines with columns of equal width: the first one flush left, the others as told. */
export function textTable(rows: readonly (readonly string[])[], { numbers = false } = {}): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const cell = (text: string, column: number) =>
    numbers && column > 0 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
