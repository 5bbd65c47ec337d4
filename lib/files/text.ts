/** Text of files that come from anywhere: its encoding is told by a mark, else it is UTF-8. */

/**
 * Decodes text in the encoding of its byte order mark, else in the one that is given, strictly.
 *
 * @param bytes The file.
 * @param path Its name, for messages.
 * @param encoding Encoding where there is no mark. Default: UTF-8.
 * @returns The text, without the mark.
 * @throws Error naming the file, the line and what its bytes look like where they are of another encoding.
 * @example
 * ```ts
 * import { decodeText } from "./text.ts";
 * decodeText(Uint8Array.of(0xff, 0xfe, 0x61, 0), "a.csv"); // a
 * ```
 */
export function decodeText(bytes: Uint8Array, path: string, encoding = "utf-8"): string {
  const starts = (...mark: number[]) => mark.every((byte, n) => bytes[n] === byte);
  const name = starts(0xff, 0xfe) ? "utf-16le" : starts(0xfe, 0xff) ? "utf-16be" : encoding;
  let text: string | null = null;
  try {
    text = new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`Expected an encoding in ${path} but found ${name}`);
  }
  if (text !== null && (name !== "utf-8" || !text.includes("\0"))) return text;
  throw new Error(
    `Expected ${name.toUpperCase()} in ${path} but found ${placeOfMistake(bytes, name)}${nature(bytes)}`,
  );
}

/** The first byte that is not of UTF-8, with its line; nothing for other encodings. */
function placeOfMistake(bytes: Uint8Array, encoding: string): string {
  if (encoding !== "utf-8") return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1, start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 10) continue;
    try {
      decoder.decode(bytes.subarray(start, at));
    } catch {
      return `other bytes in line ${line}, as of `;
    }
    line++;
    start = at + 1;
  }
  return "what looks like ";
}

/** Words for what bytes are that are not text in UTF-8. */
function nature(bytes: Uint8Array): string {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return "a zip archive, as spreadsheets are; save it as CSV in UTF-8";
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip; unpack it first";
  const zeros = [0, 0];
  let alone = 0, joined = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0) zeros[at % 2]!++;
    else if (bytes[at]! >= 0x80) (bytes[at - 1]! >= 0x80 || bytes[at + 1]! >= 0x80) ? joined++ : alone++;
  }
  if (zeros[0]! + zeros[1]! > bytes.length / 8) {
    return `UTF-16${zeros[0]! > zeros[1]! ? "BE" : "LE"} without a byte order mark; save it as UTF-8`;
  }
  if (zeros[0]! + zeros[1]! > 0) return "no text: it holds bytes of 0";
  return `${alone >= joined ? "Windows-1252 or Latin-1" : "GBK, Shift-JIS or Windows-1251"}; save it as UTF-8`;
}
