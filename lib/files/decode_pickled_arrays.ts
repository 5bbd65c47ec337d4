import { NumpyArray, numpyGlobals } from "./_numpy.ts";
import { type SharedValues, toNamedTensor, torchGlobals, TorchTensor } from "./_torch.ts";
import { loadLegacy } from "./_legacy.ts";
import type { NamedTensor, NamedTensors } from "./safetensors.ts";
import { describe, type Pickled, type PickledGlobals, PickleError, PickleLimits, unpickle } from "./_unpickle.ts";

/**
 * Reads a pickled dictionary of arrays by name: NumPy arrays, PyTorch tensors, lists of numbers and single numbers, all
 * as 32-bit floats. Nothing in it is run: a pickle that names anything but these is refused.
 *
 * @param bytes The pickle.
 * @param options `name` of the file and `offset` of the pickle in it, for messages.
 * @returns Arrays by name.
 * @throws Error naming the file, and the byte or the array.
 */
export function decodePickledArrays(
  bytes: Uint8Array,
  { name, offset = 0 }: { name: string; offset?: number },
): NamedTensors {
  const limits = new PickleLimits(bytes.length);
  const globals: PickledGlobals = {
    ...torchGlobals,
    ...numpyGlobals,
    // A tensor in an ordinary pickle keeps its storage as a file of the legacy format.
    "torch.storage._load_from_bytes": ([file]) => {
      if (!(file instanceof Uint8Array)) {
        throw new PickleError("Expected the bytes of a storage but found something else");
      }
      const isPart = file.buffer === bytes.buffer;
      return loadLegacy(file, { name, limits, offset: isPart ? offset + file.byteOffset - bytes.byteOffset : 0 });
    },
  };
  let { value } = unpickle(bytes, { name, offset, globals, limits });
  if (value instanceof NumpyArray && value.items.length === 1) value = value.items[0]!;
  if (!(value instanceof Map)) throw new Error(`Expected arrays by name in ${name} but found ${describe(value)}`);
  const shared: SharedValues = new Map();
  return Object.fromEntries([...value].map(([key, array], i): [string, NamedTensor] => {
    if (typeof key !== "string") {
      throw new Error(`Expected names of arrays in ${name} but found ${describe(key)} as key ${i}`);
    }
    try {
      return [key, toArray(array, { shared, limits })];
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
      throw new Error(`${error.message} as ${key} in ${name}`, { cause: error });
    }
  }));
}

function toArray(value: Pickled, options: { shared: SharedValues; limits: PickleLimits }): NamedTensor {
  if (value instanceof TorchTensor) return toNamedTensor(value, options);
  if (value instanceof NumpyArray && value.tensor) return value.tensor;
  if (typeof value === "number") return { shape: [], data: Float32Array.of(value) };
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) {
    options.limits.take(4 * value.length);
    return { shape: [value.length], data: Float32Array.from(value) };
  }
  throw new PickleError(`Expected an array but found ${describe(value)}`);
}
