import { decodeArrays } from "../files/npz.ts";

/** Rows of `cls_labels.npy`, the file that class names of images go by in the authors' code and what came after it. */
export interface ClassLabels {
  /** Number of classes. */
  readonly classes: number;
  /** Class indices by key, ascending: an id, or its digits. */
  readonly rows: ReadonlyMap<string, readonly number[]>;
}

/**
 * Reads `cls_labels.npy`: a pickled dictionary of vectors [K] of 0 and 1, by ids or their digits.
 *
 * @param bytes The file.
 * @param path Its name, for messages.
 * @throws Error naming the file, and the key of a vector of another length or with other values.
 */
export function decodeClassLabels(bytes: Uint8Array, path: string): ClassLabels {
  const rows = new Map<string, number[]>();
  let classes: number | null = null;
  for (const [key, { shape, data }] of Object.entries(decodeArrays(bytes, path))) {
    if (shape.length !== 1 || data.length !== (classes ??= data.length)) {
      throw new Error(`Expected a vector of ${classes ?? "all"} classes for ${key} in ${path} but found [${shape}]`);
    }
    const foreign = data.find((value) => value !== 0 && value !== 1);
    if (foreign !== undefined) throw new Error(`Expected 0 or 1 for ${key} in ${path} but found ${foreign}`);
    rows.set(key, [...data.keys()].filter((c) => data[c] === 1));
  }
  if (classes === null) throw new Error(`Expected vectors of classes in ${path} but found none`);
  return { classes, rows };
}

/** Ids whose digits are the keys: those of VOC, and COCO's without the name of their split. */
const DIGITS = [/^\d{4}_\d{6}$/, /^\d{12}$/];

/**
 * Writes `cls_labels.npy` as NumPy does: keys are whole numbers where all ids are of VOC (`2007_000032` → 2007000032) or
 * of COCO (`000000000009` → 9), as the authors' code wants them, else the ids.
 *
 * @param rows Class indices by id.
 * @param classes Number of classes.
 * @returns A file for `numpy.load(…, allow_pickle=True).item()`: vectors [K] of f4.
 */
export function encodeClassLabels(
  rows: ReadonlyMap<string, readonly number[]>,
  classes: number,
): Uint8Array<ArrayBuffer> {
  const ids = [...rows.keys()], areNumbers = DIGITS.some((form) => ids.every((id) => form.test(id)));
  const ascii = (text: string) => [...new TextEncoder().encode(text)],
    int32 = (n: number) => [...bytesOf(Int32Array.of(n))];
  const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`);
  const text = (value: string) => [0x58, ...int32(ascii(value).length), ...ascii(value)]; // BINUNICODE
  // Below, K is BINUINT1, M BINUINT2, J BININT, C and B bytes, ( … t and \x85 … \x87 tuples, R a call, b a state, q and h the memo.
  const dtype = (name: string, order: string, flags: number) => [
    ...[...global("numpy", "dtype"), ...text(name), 0x4b, 0, 0x4b, 1, 0x87, 0x52, 0x28, 0x4b, 3, ...text(order)],
    ...[0x4e, 0x4e, 0x4e, 0x4a, ...int32(-1), 0x4a, ...int32(-1), 0x4b, flags, 0x74, 0x62],
  ];
  const numpy = [0x4b, 0, 0x85, 0x43, 1, 0x62, 0x87, 0x52, 0x28, 0x4b, 1]; // (0,), b"b" → an empty array; its state begins
  const parts: ArrayLike<number>[] = [
    ...[
      [0x80, 3],
      global("numpy.core.multiarray", "_reconstruct"),
      [0x71, 0],
      global("numpy", "ndarray"),
      [0x71, 1],
      numpy,
    ],
    ...[[0x29], dtype("O8", "|", 63), [0x89, 0x5d, 0x7d, 0x28]], // (), objects, not Fortran's order, a list with {
  ];
  const size = [0x4a, ...int32(classes), 0x85], values = 4 * classes;
  for (const [n, [id, indices]] of [...rows].entries()) {
    const vector = new Float32Array(classes);
    for (const index of indices) vector[index] = 1;
    const number = Number(id.replaceAll("_", ""));
    const key = !areNumbers
      ? text(id)
      : number < 2 ** 31
      ? [0x4a, ...int32(number)]
      : [0x8a, 8, ...bytesOf(BigInt64Array.of(BigInt(number)))]; // LONG1
    const type = n === 0 ? [...dtype("f4", "<", 0), 0x71, 2] : [0x68, 2];
    parts.push(key, [0x68, 0, 0x68, 1], numpy, size, type, [0x89, 0x42, ...int32(values)], bytesOf(vector), [
      0x74,
      0x62,
    ]);
  }
  parts.push([0x75, 0x61, 0x74, 0x62, 0x2e]);
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }".padEnd(117) + "\n";
  const all = [[0x93], ascii("NUMPY"), [1, 0, 118, 0], ascii(header), ...parts];
  const file = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

const bytesOf = ({ buffer }: { readonly buffer: ArrayBuffer }) => new Uint8Array(buffer);
