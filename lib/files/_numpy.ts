/** What NumPy's pickles are made of. */
import { type NumberTypeName, product, sizeOf, toFloats } from "./_numbers.ts";
import { isCounts } from "./_torch.ts";
import { rowMajor } from "./row_major.ts";
import type { NamedTensor } from "./safetensors.ts";
import {
  expected,
  type Pickled,
  type PickledCall,
  type PickledGlobals,
  PickledObject,
  PickleError,
  type PickleLimits,
} from "./_unpickle.ts";

const TYPES: Readonly<Record<string, NumberTypeName>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u1: "U8",
  b1: "BOOL",
};

class Dtype extends PickledObject {
  readonly kind = "a type of numbers";
  constructor(readonly type: NumberTypeName | "object") {
    super();
  }

  /** State: a version, the order of bytes, and what structured types have. */
  override setState(state: Pickled): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (order === ">") throw expected("little-endian numbers", order);
  }
}

/** An array, complete when its state is set. */
export class NumpyArray extends PickledObject {
  get kind(): string {
    return this.tensor ? "an array" : "an array that is not complete";
  }
  /** Shape and values; `null` before the state is set, and for an array of objects. */
  tensor: NamedTensor | null = null;
  /** The values of an array of objects. */
  items: readonly Pickled[] = [];

  /** State: a version, shape, type, whether the first index varies fastest, values. */
  override setState(state: Pickled, limits: PickleLimits): void {
    if (!Array.isArray(state) || state.length !== 5) throw expected("the state of an array", state);
    const [, shape, type, fortran, values] = state;
    if (type instanceof Dtype && type.type === "object") {
      if (!Array.isArray(values)) throw expected("a list of objects", values ?? null);
      this.items = values;
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
): NamedTensor {
  if (!isCounts(shape)) throw expected("the shape of an array", shape);
  if (!(type instanceof Dtype) || type.type === "object") throw expected("the type of an array", type);
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
  return arrayOf(bytes ?? null, { shape: [], type: type ?? null, fortran: false, limits }).data[0]!;
};

const fromBuffer: PickledCall = ([values, type, shape, order], limits) => {
  const array = new NumpyArray();
  array.tensor = arrayOf(values ?? null, { shape: shape ?? null, type: type ?? null, fortran: order === "F", limits });
  return array;
};

/** The functions that NumPy's pickles call, under their names before and since NumPy 2. */
export const numpyGlobals: PickledGlobals = {
  "numpy.ndarray": null,
  "numpy.dtype": ([name]) => {
    if (name === "O8") return new Dtype("object");
    const type = typeof name === "string" && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (!type) throw expected(`an array of type ${Object.keys(TYPES).join(", ")}`, name ?? null);
    return new Dtype(type);
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
