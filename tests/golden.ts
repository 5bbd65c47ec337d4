/**
 * Reads the reference's numbers: `tests/golden`, where a group is a `.npz` archive and a part of `groups.json`, or the
 * folder that IRNET_GOLDEN_DIR names, where it is a `.json` file and a `.npy` file for each array.
 */
import { decodeNpy } from "../lib/files/npy.ts";
import { decodeNpz } from "../lib/files/npz.ts";

/** An array of a golden group; integers are i32, everything else f32. */
export interface GoldenArray {
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

/** What a group says of itself. */
export interface GoldenDescription {
  /** What was computed, in words. */
  readonly desc?: string;
  /** Program that computed it, where it is not the reference. */
  readonly source?: string;
  // deno-lint-ignore no-explicit-any -- free-form JSON of the group
  readonly params: any;
  /** What an array is to the group, by key. */
  readonly arrays: Record<string, { role?: string; desc?: string }>;
}

/** A golden group: its parameters and its arrays by key. */
export interface Golden extends Pick<GoldenDescription, "params"> {
  /** All arrays by key. */
  readonly arrays: Record<string, GoldenArray>;
  /** Floats of one array. */
  f32(key: string): Float32Array;
  /** Integers of one array. */
  i32(key: string): Int32Array;
  /** Shape of one array. */
  shape(key: string): number[];
  /** Remark on one array, or on the group. */
  describe(key?: string): string;
}

const packed = new URL("./golden/", import.meta.url);
const loose = Deno.env.get("IRNET_GOLDEN_DIR");

/** Reads one group, such as `g04_centroids`. */
export async function readGolden(group: string): Promise<Golden> {
  const { arrays, description } = await (loose ? readLooseGroup(loose, group) : readPackedGroup(group));
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
    describe: (key) => (key ? description.arrays[key]?.desc : description.desc) ?? "",
  };
}

/** A group and what it says of itself. */
export interface GoldenGroup {
  readonly description: GoldenDescription;
  readonly arrays: Record<string, GoldenArray>;
}

async function readPackedGroup(group: string): Promise<GoldenGroup> {
  const groups = JSON.parse(await Deno.readTextFile(new URL("groups.json", packed)));
  if (!Object.hasOwn(groups, group)) throw new Error(`Expected a golden group but found ${group}`);
  const arrays: Record<string, GoldenArray> = {};
  for (const [key, array] of Object.entries(decodeNpz(await Deno.readFile(new URL(`${group}.npz`, packed)), group))) {
    arrays[key] = checked(array, `${key} in ${group}`);
  }
  return { description: groups[group], arrays };
}

/** Reads a group from a folder of `.json` and `.npy` files. */
export async function readLooseGroup(folder: string, group: string): Promise<GoldenGroup> {
  const { files, desc, source, params } = JSON.parse(await Deno.readTextFile(`${folder}/${group}.json`));
  const arrays: Record<string, GoldenArray> = {}, remarks: GoldenDescription["arrays"] = {};
  for (const { file, key, role, desc } of files) {
    arrays[key] = await readNpy(`${folder}/${file}`);
    if (role || desc) remarks[key] = { role, ...desc && { desc } };
  }
  return { description: { desc, source, params, arrays: remarks }, arrays };
}

/** Reads a `.npy` file. */
export async function readNpy(path: string): Promise<GoldenArray> {
  return checked(decodeNpy(await Deno.readFile(path), path), path);
}

function checked({ shape, data }: { shape: number[]; data: ArrayLike<number> }, name: string): GoldenArray {
  if (data instanceof Float32Array || data instanceof Int32Array) return { shape, data };
  throw new Error(`Expected f4 or i4 values in ${name} but found ${data.constructor.name}`);
}

/** A number that a group has as a parameter, or only states in its description, such as `thres=2.5`. */
export function describedNumber({ params, describe }: Golden, name: string): number | undefined {
  const stated = params[name] ?? new RegExp(`\\b${name}=([\\d.]*\\d)`).exec(describe())?.[1];
  return stated === undefined ? undefined : Number(stated);
}
