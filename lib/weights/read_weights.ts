import { decodePth } from "../files/pth.ts";
import { decodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";
import { kindOfFile } from "../files/kind_of_file.ts";
import { readShardIndex } from "./shards.ts";
import type { ParameterSpec } from "./params.ts";

/** Largest file that is read, bytes. */
const LARGEST = 2 ** 31;

/** Prefixes that wrappers of networks give to all names: DataParallel, Lightning, MoCo, torch.compile. */
const WRAPPERS = ["module.", "model.", "encoder_q.", "_orig_mod."];

/**
 * Reads a file of weights: safetensors, or a PyTorch checkpoint of either format, whatever its name ends with; or the
 * index of such files beside it, whose name ends in `.json`. Prefixes `module.`, `model.`, `encoder_q.` and `_orig_mod.`
 * that all names share are dropped.
 *
 * @param path Path of the file.
 * @returns Its tensors.
 * @throws Error naming the file, and the byte or the tensor, where it is none of these, or is damaged.
 */
export async function readWeights(path: string): Promise<TensorFile> {
  return unwrapped(/\.json$/i.test(path) ? await readShards(path) : await readFile(path));
}

async function readFile(path: string): Promise<TensorFile> {
  const { size } = await Deno.stat(path);
  if (size > LARGEST) throw new Error(`Expected at most ${LARGEST} bytes in ${path} but found ${size}`);
  return decodeWeights(await Deno.readFile(path), path);
}

async function readShards(path: string): Promise<TensorFile> {
  const tensors: NamedTensors = {}, others: Record<string, string> = {};
  for (const [shard, names] of readShardIndex(path)) {
    const file = await readFile(shard).catch((cause) => {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new Error(`Expected the shard ${shard}, which ${path} names, but found none`, { cause });
    });
    for (const name of names) {
      if (!Object.hasOwn(file.tensors, name)) {
        throw new Error(`Expected ${name} in ${shard}, as ${path} says, but found none`);
      }
      tensors[name] = file.tensors[name]!;
      if (file.others?.[name]) others[name] = file.others[name];
    }
  }
  return { name: path, tensors, metadata: {}, others };
}

function unwrapped({ tensors, others = {}, ...file }: TensorFile): TensorFile {
  const names = Object.keys(tensors);
  const prefix = names.length > 0 && WRAPPERS.find((wrapper) => names.every((name) => name.startsWith(wrapper)));
  if (!prefix) return { ...file, tensors, others };
  const without = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name.slice(prefix.length), value]));
  return unwrapped({ ...file, tensors: without(tensors), others: without(others) });
}

/**
 * Decodes the bytes of a file of weights: safetensors or a PyTorch checkpoint, names as they are.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @returns Its tensors.
 * @throws Error naming the file, and the byte or the tensor, where it is neither, or is damaged.
 */
export function decodeWeights(bytes: Uint8Array, name: string): TensorFile {
  const isPth = (bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80 && bytes[1] === 2 && bytes[2] === 0x8a;
  if (isPth) return decodePth(bytes, name);
  const kind = isSafetensors(bytes) ? null : kindOfFile(bytes);
  if (kind !== null) throw new Error(`Expected weights, safetensors or PyTorch's, in ${name} but found ${kind}`);
  return decodeSafetensors(bytes, name);
}

/** Test for a header that is not longer than the file. */
function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) <= bytes.length - 8;
}

/** Relation of the names in a file to a network's. */
export interface ImportRules {
  /** Names that may be there and are not needed. */
  readonly ignored: readonly RegExp[];
  /** Other names of parameters: pattern and replacement, tried in this order until one matches. */
  readonly aliases: readonly (readonly [RegExp, string])[];
}

/**
 * Picks a network's parameters out of a file. A parameter may occur under several names, if all its copies are equal;
 * whole numbers and other types under names that are not a parameter's are left out.
 *
 * @param file The file.
 * @param specs The parameters that the network needs.
 * @param rules Which names to ignore and which to translate.
 * @returns The parameters by the network's names, in the order of `specs`.
 * @throws Error if no parameter is there at all, else listing every missing, unexpected and misshapen tensor, every
 * one with values that are not finite, and every one whose copies differ.
 */
export function importWeights(file: TensorFile, specs: readonly ParameterSpec[], rules: ImportRules): NamedTensors {
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  const found = new Map<string, string>(); // parameter → name in the file
  const problems: string[] = [];
  for (const [original, tensor] of Object.entries(file.tensors)) {
    if (rules.ignored.some((pattern) => pattern.test(original))) continue;
    const name = translate(original, rules);
    const shape = shapes.get(name);
    const label = name === original ? name : `${original} (${name})`;
    if (!shape && file.others?.[original] !== undefined) continue;
    if (!shape) problems.push(`unexpected: ${original} [${tensor.shape}]`);
    else if (String(shape) !== String(tensor.shape)) {
      problems.push(`misshapen: ${label}, expected [${shape}] but found [${tensor.shape}]`);
    } else if (found.has(name)) {
      if (!sameValues(tensor.data, file.tensors[found.get(name)!]!.data)) {
        problems.push(`contradictory: ${original} and ${found.get(name)} should be equal`);
      }
      continue;
    } else {
      const bad = firstNotFinite(tensor.data);
      if (bad >= 0) problems.push(`not finite: ${label} has ${tensor.data[bad]} at ${bad}`);
    }
    if (shape) found.set(name, original);
  }
  if (found.size === 0) {
    throw new Error(
      `Expected parameters of the network, such as ${specs[0]?.name}, in ${file.name} but found ` +
        `${Object.keys(file.tensors)[0] ?? "nothing"}: these are weights of another network`,
    );
  }
  for (const { name, shape } of specs) if (!found.has(name)) problems.push(`missing: ${name} [${shape}]`);
  if (problems.length > 0) {
    throw new Error(
      `Expected the ${specs.length} parameters of the network in ${file.name} but found ${problems.length} ` +
        `problem${problems.length > 1 ? "s" : ""}:\n${problems.sort().map((line) => `  ${line}`).join("\n")}`,
    );
  }
  return Object.fromEntries(specs.map(({ name }) => [name, file.tensors[found.get(name)!]!]));
}

function translate(name: string, { aliases }: ImportRules): string {
  for (const [pattern, replacement] of aliases) if (pattern.test(name)) return name.replace(pattern, replacement);
  return name;
}

function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function sameValues(a: Float32Array, b: Float32Array): boolean {
  if (a === b) return true; // as checkpoints share values between copies
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
