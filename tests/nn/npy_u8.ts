/** Parses a format 1.0 `.npy` file of bytes in C order. */
export function parseNpyU8(bytes: Uint8Array, name: string): { shape: number[]; data: Uint8Array } {
  const start = 10 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(10, start));
  if (!/'descr': '[|<]u1'/.test(header)) throw new Error(`Expected u1 values in ${name} but found ${header}`);
  const shape = /'shape': \(([^)]*)\)/.exec(header)![1]!.split(",").map((s) => s.trim()).filter(Boolean).map(Number);
  return { shape, data: bytes.slice(start) };
}
