/** Reads the reference's numbers: `tests/golden/`, or the folder that IRNET_GOLDEN_DIR names. */

/** An array of a golden group; integers are i32, everything else f32. */
export interface GoldenArray {
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

/** A golden group: its parameters and its arrays by key. */
export interface Golden {
  // deno-lint-ignore no-explicit-any -- free-form JSON of the group
  readonly params: any;
  /** All arrays by key. */
  readonly arrays: Record<string, GoldenArray>;
  /** Floats of one array. */
  f32(key: string): Float32Array;
  /** Integers of one array. */
  i32(key: string): Int32Array;
  /** Shape of one array. */
  shape(key: string): number[];
}

const folder = Deno.env.get("IRNET_GOLDEN_DIR") ?? new URL("./golden", import.meta.url).pathname;

/** Parses a format 1.0 `.npy` file of `<f4` or `<i4` values in C order. */
export function parseNpy(bytes: Uint8Array, name: string): GoldenArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = new TextDecoder("latin1").decode(bytes.subarray(10, 10 + view.getUint16(8, true)));
  const type = /'descr': '([^']+)'/.exec(header)?.[1];
  if (type !== "<f4" && type !== "<i4") throw new Error(`Expected <f4 or <i4 values in ${name} but found ${type}`);
  const shape = /'shape': \(([^)]*)\)/.exec(header)![1]!.split(",").map((s) => s.trim()).filter(Boolean).map(Number);
  const buffer = bytes.slice(10 + view.getUint16(8, true)).buffer;
  return { shape, data: type === "<f4" ? new Float32Array(buffer) : new Int32Array(buffer) };
}

/** Reads one group, such as `g04_centroids`. */
export async function readGolden(group: string): Promise<Golden> {
  const description = JSON.parse(await Deno.readTextFile(`${folder}/${group}.json`));
  const arrays: Record<string, GoldenArray> = {};
  for (const { file, key } of description.files) {
    arrays[key] = parseNpy(await Deno.readFile(`${folder}/${file}`), file);
  }
  const get = (key: string) => {
    const array = arrays[key];
    if (!array) throw new Error(`Expected an array ${key} in ${group} but found ${Object.keys(arrays).join(", ")}`);
    return array;
  };
  return {
    params: description.params,
    arrays,
    f32: (key) => get(key).data as Float32Array,
    i32: (key) => get(key).data as Int32Array,
    shape: (key) => get(key).shape,
  };
}
