/** Takes a stream apart into pieces of given sizes. */
export class ByteReader {
  /** Bytes taken so far. */
  offset = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  /** Reads a stream from its beginning. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** At least one byte and at most `limit`; `null` at the end. */
  async some(limit: number): Promise<Uint8Array | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(piece.length);
    this.offset += piece.length;
    return piece;
  }

  /** That many bytes, or fewer where the stream ends. */
  async upTo(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let done = 0;
    for (let piece; done < count && (piece = await this.some(count - done)); done += piece.length) {
      bytes.set(piece, done);
    }
    return bytes.subarray(0, done);
  }

  /** Lets go of the stream. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}
