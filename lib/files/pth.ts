import {
  bytesOf,
  loadLegacy,
  type SharedValues,
  Storages,
  toNamedTensor,
  torchGlobals,
  TorchTensor,
} from "./_torch.ts";
import type { NumericArray } from "./array.ts";
import { readZip } from "./zip.ts";
import { othersOf, type TensorFile } from "./safetensors.ts";
import { describe, type Pickled, PickleError, PickleLimits, unpickle } from "./_unpickle.ts";

/** Names under which checkpoints keep a network's tensors beside other things. */
const NESTED = ["state_dict", "model"];

/**
 * Reads a PyTorch checkpoint without Python: see {@linkcode decodePth}.
 *
 * @param path Path of the file.
 * @returns Its tensors.
 * @throws Error naming the file, and the byte or the tensor.
 */
export async function readPth(path: string): Promise<TensorFile> {
  return decodePth(await Deno.readFile(path), path);
}

/**
 * Decodes the bytes of a PyTorch checkpoint, of the zip format (since PyTorch 1.6) or the legacy one before it. Tensors
 * of whole numbers, of doubles, halves and brain floats become 32-bit floats, when they are first looked at; views of
 * any strides become row-major.
 *
 * The file holds tensors by name, or has such a dictionary as `state_dict` or `model`; what is no tensor is left out, and
 * tensors of types that are not known throw when they are looked at. Nothing in the file is run: a pickle that names
 * anything but tensors and containers is refused.
 *
 * @param bytes The whole file, which the tensors keep.
 * @param name Name of the file, for messages.
 * @returns Its tensors.
 * @throws Error naming the file, and the byte or the tensor, where the file is damaged, or holds anything else.
 */
export function decodePth(bytes: Uint8Array, name: string): TensorFile {
  const limits = new PickleLimits(bytes.length);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const value = isZip ? loadZip(bytes, name, limits) : loadLegacy(bytes, { name, limits });
  const shared: SharedValues = new Map();
  const state = stateOf(value, name);
  const tensors = state.map(([key, tensor]): [string, NumericArray<Float32Array>] => {
    try {
      return [key, toNamedTensor(tensor, { shared, limits })];
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      throw new Error(`${error.message} as ${key} in ${name}`, { cause: error });
    }
  });
  const types = state.map(([key, { type }]) => ({ key, type }));
  return { name, tensors: Object.fromEntries(tensors), metadata: {}, ...othersOf(types) };
}

/** The pickle `<folder>/data.pkl`, whose storages are `<folder>/data/<key>`. */
function loadZip(bytes: Uint8Array, name: string, limits: PickleLimits): Pickled {
  const files = readZip(bytes, name);
  const pickle = [...files.keys()].find((file) => /^([^/]+\/)?data\.pkl$/.test(file));
  if (pickle === undefined) {
    const found = [...files.keys()].slice(0, 3).join(", ") || "none";
    throw new Error(`Expected data.pkl among the entries of ${name} but found ${found}`);
  }
  const folder = pickle.slice(0, -"data.pkl".length), contents = files.get(pickle)!;
  const order = new TextDecoder().decode(files.get(`${folder}byteorder`));
  if (order && order !== "little") {
    throw new Error(`Expected little in ${folder}byteorder in ${name} but found ${order}`);
  }
  const storages = new Storages((storage) => {
    const data = files.get(`${folder}data/${storage.key}`);
    const size = storage.count * bytesOf(storage.type);
    if (data?.length === size) return data;
    const found = data ? data.length : "no such entry";
    throw new PickleError(`Expected ${size} bytes in ${folder}data/${storage.key} but found ${found}`);
  });
  return unpickle(contents, {
    name: `${pickle} of ${name}`,
    globals: torchGlobals,
    persistent: storages.persistent,
    limits,
  }).value;
}

/** A network's tensors by name: those of the dictionary, or of one within it. */
function stateOf(value: Pickled, name: string): [string, TorchTensor][] {
  for (const key of NESTED) {
    if (value instanceof Map && value.get(key) instanceof Map) value = value.get(key)!;
  }
  if (!(value instanceof Map)) throw new Error(`Expected tensors by name in ${name} but found ${describe(value)}`);
  const keys = [...value.keys()], unnamed = keys.findIndex((key) => typeof key !== "string");
  if (unnamed >= 0) {
    throw new Error(`Expected names of tensors in ${name} but found ${describe(keys[unnamed]!)} as key ${unnamed}`);
  }
  const tensors = [...value].filter((entry): entry is [string, TorchTensor] => entry[1] instanceof TorchTensor);
  if (tensors.length > 0 || value.size === 0) return tensors;
  const [key, found] = value.entries().next().value!;
  throw new Error(`Expected a tensor as ${describe(key)} in ${name} but found ${describe(found)}`);
}
