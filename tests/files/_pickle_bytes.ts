/** Writes pickles by hand, opcode by opcode. */

/** A pickle of protocol 2 made of texts (latin1 bytes), between its first and its last opcode. */
export function pickle(...parts: string[]): Uint8Array {
  return Uint8Array.from(`\x80\x02${parts.join("")}.`, (character) => character.charCodeAt(0));
}

/** A short text. */
export const text = (value: string): string => `\x8c${String.fromCharCode(value.length)}${value}`;

/** A whole number of 32 bits. */
export function int(value: number): string {
  return `J${String.fromCharCode(...new Uint8Array(Int32Array.of(value).buffer))}`;
}

/** A function or class by its name. */
export const global = (module: string, name: string): string => `c${module}\n${name}\n`;

/** A tuple of parts that are on the stack above a mark. */
export const tuple = (...parts: string[]): string => `(${parts.join("")}t`;
