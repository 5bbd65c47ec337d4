import {
  isCount,
  isCounts,
  type NumberTypeName,
  type NumericArray,
  product,
  rowMajor,
  sizeOf,
  toFloats,
} from "./array.ts";
import { loadLegacy, type SharedValues, toNamedTensor, torchGlobals, TorchTensor } from "./_torch.ts";
import type { NamedTensors } from "./safetensors.ts";
import {
  describe,
  expected,
  type Pickled,
  type PickledCall,
  type PickledGlobals,
  PickledObject,
  PickleError,
  PickleLimits,
  unpickle,
} from "./_unpickle.ts";

/**
 * Reads a pickled dictionary of arrays by name or number: NumPy arrays, PyTorch tensors, lists of numbers and single
 * numbers, all as 32-bit floats. Other values, such as texts, throw when they are looked at. Nothing in it is run: a
 * pickle that names anything but these is refused.
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
  const arrays: NamedTensors = {};
  for (const [i, [key, array]] of [...value].entries()) {
    if (typeof key !== "string" && !isCount(key)) {
      throw new Error(`Expected names of arrays in ${name} but found ${describe(key)} as key ${i}`);
    }
    if (Object.hasOwn(arrays, key)) throw new Error(`Expected ${key} once in ${name} but found it as key ${i} again`);
    const get = () => {
      try {
        return toArray(array, { shared, limits });
      } catch (error) {
        if (!(error instanceof PickleError)) throw error;
        throw new Error(`${error.message} as ${key} in ${name}`, { cause: error });
      }
    };
    Object.defineProperty(arrays, key, { enumerable: true, get });
  }
  return arrays;
}

function toArray(value: Pickled, options: { shared: SharedValues; limits: PickleLimits }): NumericArray<Float32Array> {
  if (value instanceof TorchTensor) return toNamedTensor(value, options);
  if (value instanceof NumpyArray && value.tensor) return value.tensor;
  if (typeof value === "number" || typeof value === "bigint") {
    return { shape: [], data: Float32Array.of(Number(value)) };
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) {
    options.limits.take(4 * value.length);
    return { shape: [value.length], data: Float32Array.from(value) };
  }
  throw new PickleError(`Expected an array but found ${describe(value)}`);
}

/** Types of numbers as NumPy names them. */
const TYPES: Readonly<Record<string, NumberTypeName>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  u8: "U64",
  u4: "U32",
  u2: "U16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u1: "U8",
  b1: "BOOL",
};

class Dtype extends PickledObject {
  readonly kind = "a type of numbers";
  constructor(readonly name: string) {
    super();
  }
  /** Type of numbers; `null` for texts, objects and others. */
  get type(): NumberTypeName | null {
    return Object.hasOwn(TYPES, this.name) ? TYPES[this.name]! : null;
  }

  /** State: a version, the order of bytes, and what structured types have. */
  override setState(state: Pickled): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (order === ">") throw expected("little-endian numbers", order);
  }
}

/** An array, complete when its state is set. */
class NumpyArray extends PickledObject {
  get kind(): string {
    return this.tensor ? "an array" : this.#type ? `an array of type ${this.#type}` : "an array that is not complete";
  }
  #type = "";
  /** Shape and values; `null` before the state is set, and for an array of objects. */
  tensor: NumericArray<Float32Array> | null = null;
  /** The values of an array of objects. */
  items: readonly Pickled[] = [];

  /** State: a version, shape, type, whether the first index varies fastest, values. */
  override setState(state: Pickled, limits: PickleLimits): void {
    if (!Array.isArray(state) || state.length !== 5) throw expected("the state of an array", state);
    const [, shape, type, fortran, values] = state;
    if (type instanceof Dtype && type.type === null) {
      this.#type = type.name;
      if (Array.isArray(values)) this.items = values;
      return;
    }
    this.tensor = arrayOf(values ?? null, {
      shape: shape ?? null,
      type: type ?? null,
      fortran: fortran === true,
      limits,
    });
  }
}

function arrayOf(
  values: Pickled,
  { shape, type, fortran, limits }: { shape: Pickled; type: Pickled; fortran: boolean; limits: PickleLimits },
): NumericArray<Float32Array> {
  if (!isCounts(shape)) throw expected("the shape of an array", shape);
  if (!(type instanceof Dtype) || type.type === null) throw expected("the type of an array", type);
  const count = product(shape), bytes = toBytes(values, limits);
  if (bytes.length !== count * sizeOf(type.type)) {
    throw new PickleError(
      `Expected ${count * sizeOf(type.type)} bytes for an array [${shape}] but found ${bytes.length}`,
    );
  }
  limits.take(4 * count);
  const data = toFloats(bytes, type.type);
  return { shape, data: fortran ? rowMajor(data, shape) : data };
}

/** Bytes, which Python 2 and protocol 2 store as text. */
function toBytes(value: Pickled, limits: PickleLimits): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") throw expected("the values of an array", value);
  limits.take(value.length);
  return Uint8Array.from(value, (character) => {
    const code = character.codePointAt(0)!;
    if (code > 255) throw expected("bytes as text", character);
    return code;
  });
}

const reconstruct: PickledCall = () => new NumpyArray();

const scalar: PickledCall = ([type, bytes], limits) => {
  if (type instanceof Dtype && type.type === null) return type; // a text, say, which nobody may need
  if (type instanceof Dtype && type.type === "I64" && bytes instanceof Uint8Array && bytes.length === 8) {
    return Number(new DataView(bytes.slice().buffer).getBigInt64(0, true)); // as a key it has to be exact
  }
  if (type instanceof Dtype && type.type === "I32" && bytes instanceof Uint8Array && bytes.length === 4) {
    return new DataView(bytes.slice().buffer).getInt32(0, true);
  }
  return arrayOf(bytes ?? null, { shape: [], type: type ?? null, fortran: false, limits }).data[0]!;
};

const fromBuffer: PickledCall = ([values, type, shape, order], limits) => {
  const array = new NumpyArray();
  array.tensor = arrayOf(values ?? null, { shape: shape ?? null, type: type ?? null, fortran: order === "F", limits });
  return array;
};

/** The functions that NumPy's pickles call, under their names before and since NumPy 2. */
const numpyGlobals: PickledGlobals = {
  "numpy.ndarray": null,
  "numpy.dtype": ([name]) => {
    if (typeof name !== "string") throw expected("the name of a type", name ?? null);
    return new Dtype(name);
  },
  "_codecs.encode": ([text, encoding], limits) => {
    if (encoding !== "latin1") throw expected("bytes as latin1 text", encoding ?? null);
    return toBytes(text ?? null, limits);
  },
  ...Object.fromEntries(["core", "_core"].flatMap((core) => [
    [`numpy.${core}.multiarray._reconstruct`, reconstruct],
    [`numpy.${core}.multiarray.scalar`, scalar],
    [`numpy.${core}.numeric._frombuffer`, fromBuffer],
  ])),
};
