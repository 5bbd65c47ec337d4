/** How far something of known size is: redrawn in place on a terminal, otherwise a line every ten seconds. */
export class ProgressLine {
  readonly #name: string;
  readonly #total: number;
  readonly #terminal = Deno.stderr.isTerminal();
  #start: { time: number; bytes: number } | null = null;
  #shown = 0;

  /** Takes a name, and the size in bytes. */
  constructor(name: string, total: number) {
    this.#name = name;
    this.#total = total;
  }

  /** Shows progress if it is time to. */
  update(bytes: number): void {
    const time = performance.now();
    if (!this.#start || bytes < this.#start.bytes) {
      this.#start = { time, bytes };
      this.#shown = this.#terminal ? 0 : time;
    }
    if (time - this.#shown < (this.#terminal ? 100 : 10_000)) return;
    this.#shown = time;
    const rate = (bytes - this.#start.bytes) / Math.max(1e-3, (time - this.#start.time) / 1000);
    const left = rate > 0 ? `, ${Math.ceil((this.#total - bytes) / rate)} s left` : "";
    const text = `${this.#name} ${Math.floor(bytes / this.#total * 100)} %, ${megabytes(bytes)} of ` +
      `${megabytes(this.#total)} MB, ${megabytes(rate)} MB/s${left}`;
    this.#write(this.#terminal ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Writes a line of its own. */
  log(line: string): void {
    this.#write(`${this.#terminal ? "\r\x1b[K" : ""}${line}\n`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#terminal) this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
