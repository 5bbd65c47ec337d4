/** Weights in several files, which an index names: `{"weight_map": {"conv1.weight": "model-00001-of-00002.safetensors"}}`. */
import { dirname, join } from "node:path";
import { expectObject, expectText, parseJson } from "../files/json.ts";

/**
 * Reads which file has which tensor.
 *
 * @param path An index: a file whose name ends in `.json`.
 * @returns Names of tensors by the path of their file; the files lie beside the index.
 * @throws Error naming file and key where it is no index, or names a file elsewhere.
 */
export function readShardIndex(path: string): Map<string, string[]> {
  const { weight_map: map } = expectObject(parseJson(Deno.readTextFileSync(path), path), path);
  const shards = new Map<string, string[]>();
  for (const [name, value] of Object.entries(expectObject(map, `weight_map of ${path}`))) {
    const place = `weight_map.${name} of ${path}`, file = expectText(value, place);
    if (/[/\\]/.test(file)) throw new Error(`Expected a file beside the index as ${place} but found ${file}`);
    const shard = join(dirname(path), file), names = shards.get(shard);
    if (names) names.push(name);
    else shards.set(shard, [name]);
  }
  return shards;
}

/** The files that hold the weights of a path: itself and, where it is an index that can be read, its shards. */
export function weightFiles(path: string): string[] {
  if (!/\.json$/i.test(path)) return [path];
  try {
    return [path, ...readShardIndex(path).keys()];
  } catch {
    return [path]; // reading the weights says what is wrong
  }
}
