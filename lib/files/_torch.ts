/** Parts of PyTorch's pickles: storages, and tensors as views of them; and its files before version 1.6. */
import {
  isCount,
  isCounts,
  isNumberType,
  NUMBER_TYPES,
  type NumberTypeName,
  type NumericArray,
  product,
  sizeOf,
  toFloats,
} from "./array.ts";
import { unreadable } from "./safetensors.ts";
import {
  describe,
  expected,
  type Pickled,
  type PickledCall,
  PickledGlobal,
  type PickledGlobals,
  PickledObject,
  PickleError,
  type PickleLimits,
  unpickle,
} from "./_unpickle.ts";

const STORAGES: Readonly<Record<string, NumberTypeName>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** Storages of numbers that are not read, and bytes of one number. */
const OTHER_STORAGES: Readonly<Record<string, number>> = {
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  "storage.UntypedStorage": 1,
};

/** Types that PyTorch names apart from their storage. */
const OTHER_TYPES = [
  ...["uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"],
].map((name) => `torch.${name}`);

/** Bytes of one number, also of those that are not read. */
export function bytesOf(type: string): number {
  return isNumberType(type) ? sizeOf(type) : OTHER_STORAGES[type]!;
}

/** Values that tensors share. In the legacy format they follow after the tensors. */
interface Storage {
  readonly key: string;
  readonly type: string;
  readonly count: number;
  bytes: Uint8Array | null;
}

/** A storage, or a part of one, that a pickle refers to. */
class StorageView extends PickledObject {
  readonly kind = "a storage";
  constructor(readonly storage: Storage, readonly from: number, readonly count: number) {
    super();
  }
}

/** A tensor whose values may not have been read yet. */
export class TorchTensor extends PickledObject {
  readonly kind = "a tensor";
  constructor(
    readonly view: StorageView,
    readonly layout: { readonly offset: number; readonly shape: number[]; readonly stride: number[] },
    /** Type of the values: the storage's, or one that is not read. */
    readonly type: string = view.storage.type,
  ) {
    super();
  }
}

/** The functions that PyTorch's pickles call, and the classes of storages that they name. */
export const torchGlobals: PickledGlobals = {
  "collections.OrderedDict": ([items]) => {
    if (items === undefined) return new Map();
    if (!Array.isArray(items)) throw expected("pairs of an OrderedDict", items);
    return new Map(items.map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw expected("pairs of an OrderedDict", pair);
      return pair as [Pickled, Pickled];
    }));
  },
  "torch.Size": ([sides]) => sides ?? [],
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTensor,
  "torch._utils._rebuild_parameter": parameter,
  "torch.nn.parameter.Parameter": parameter,
  ...Object.fromEntries(
    Object.keys({ ...STORAGES, ...OTHER_STORAGES })
      .flatMap((name) => [[`torch.${name}`, null], [`torch.cuda.${name}`, null]]),
  ),
  ...Object.fromEntries(OTHER_TYPES.map((name) => [name, null])),
};

function rebuildTensor(args: Parameters<PickledCall>[0]): TorchTensor {
  const [view, offset, shape, stride, , , type] = args;
  if (!(view instanceof StorageView)) throw expected("a storage of a tensor", view ?? null);
  if (!isCount(offset)) throw expected("the offset of a tensor", offset ?? null);
  if (!isCounts(shape)) throw expected("the shape of a tensor", shape ?? null);
  if (!isCounts(stride) || stride.length !== shape.length) throw expected("the strides of a tensor", stride ?? null);
  return new TorchTensor(view, { offset, shape, stride }, type instanceof PickledGlobal ? type.name : undefined);
}

function parameter([tensor]: Parameters<PickledCall>[0]): TorchTensor {
  if (!(tensor instanceof TorchTensor)) throw expected("a tensor of a parameter", tensor ?? null);
  return tensor;
}

/** All storages of a file by key. */
export class Storages {
  readonly byKey = new Map<string, Storage>();
  readonly #bytesOf: ((storage: Storage) => Uint8Array) | undefined;

  /** @param bytesOf Finds the values of a storage; absent: they are set later. */
  constructor(bytesOf?: (storage: Storage) => Uint8Array) {
    this.#bytesOf = bytesOf;
  }

  /** Meaning of `('storage', class, key, device, count[, view])`. */
  readonly persistent = (id: Pickled): StorageView => {
    if (!Array.isArray(id) || id[0] !== "storage") throw expected("the persistent id of a storage", id);
    const [, kind, key, , count, part] = id;
    const type = kind instanceof PickledGlobal ? storageType(kind.name) : undefined;
    if (!type) throw expected("a class of storages", kind ?? null);
    if (typeof key !== "string" || !isCount(count)) throw expected("key and size of a storage", key ?? null);
    let storage = this.byKey.get(key);
    if (!storage) {
      storage = { key, type, count, bytes: null };
      storage.bytes = this.#bytesOf?.(storage) ?? null;
      this.byKey.set(key, storage);
    }
    if (storage.type !== type || storage.count !== count) {
      throw new PickleError(`Expected ${storage.count} ${storage.type} in storage ${key} but found ${count} ${type}`);
    }
    if (!Array.isArray(part)) return new StorageView(storage, 0, count);
    const [, from, length] = part;
    if (!isCount(from) || !isCount(length) || from + length > count) throw expected("a part of a storage", part);
    return new StorageView(storage, from, length);
  };
}

/** Type of a class of storages: a name of ours, or its own where its values are not read. */
function storageType(name: string): string | undefined {
  const own = name.replace(/^torch\.(cuda\.)?/, "");
  return STORAGES[own] ?? (Object.hasOwn(OTHER_STORAGES, own) ? own : undefined);
}

/** Views of the same part of a storage share their values. */
export type SharedValues = Map<string, { readonly data: Float32Array }>;

/**
 * Checks a tensor against its storage. Its values are read when they are first asked for.
 * @throws PickleError if it does not lie in its storage.
 */
export function toNamedTensor(
  { view: { storage, from, count: length }, layout: { offset, shape, stride }, type }: TorchTensor,
  { shared, limits }: { shared: SharedValues; limits: PickleLimits },
): NumericArray<Float32Array> {
  if (!isNumberType(type)) return unreadable(`Expected values of ${NUMBER_TYPES.join(", ")} but found ${type}`, shape);
  const count = product(shape);
  const last = count === 0 ? -1 : shape.reduce((sum, side, axis) => sum + (side - 1) * stride[axis]!, offset);
  if (!Number.isSafeInteger(count) || last >= length) {
    throw new PickleError(`Expected a tensor [${shape}] within ${length} values but found its last at ${last}`);
  }
  const key = [storage.key, from + offset, ...shape, "", ...stride].join();
  let values = shared.get(key);
  if (!values) {
    limits.take(4 * count);
    let data: Float32Array | undefined;
    values = {
      get data() {
        return data ??= readView(storage, type, { from: from + offset, to: from + last + 1, shape, stride });
      },
    };
    shared.set(key, values);
  }
  const found = values;
  return {
    shape,
    get data() {
      return found.data;
    },
  };
}

function readView(
  { bytes }: Storage,
  type: NumberTypeName,
  { from, to, shape, stride }: { from: number; to: number; shape: readonly number[]; stride: readonly number[] },
): Float32Array {
  const size = sizeOf(type), count = product(shape);
  if (count === 0) return new Float32Array(0);
  const values = toFloats(bytes!.subarray(from * size, to * size), type);
  let step = 1;
  const contiguous = shape.every((_, i) => {
    const axis = shape.length - 1 - i, follows = shape[axis] === 1 || stride[axis] === step;
    step *= shape[axis]!;
    return follows;
  });
  return contiguous ? values : gather(values, { shape, stride });
}

/** Values at their strides, row-major. */
function gather(
  values: Float32Array,
  { shape, stride }: { shape: readonly number[]; stride: readonly number[] },
): Float32Array {
  const result = new Float32Array(product(shape));
  const index = shape.map(() => 0);
  for (let i = 0, at = 0; i < result.length; i++) {
    result[i] = values[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Contents of the first two pickles. */
const MAGIC = 0x1950a86a20f9469cfc6cn, PROTOCOL = 1001;

/**
 * Reads the legacy format: pickles of a magic number, a version, facts about the machine, the object, the keys of its
 * storages; then every storage's number of values and values.
 *
 * @param offset Where in the file `bytes` begin, for messages.
 */
export function loadLegacy(
  bytes: Uint8Array,
  { name, limits, offset = 0 }: { name: string; limits: PickleLimits; offset?: number },
): Pickled {
  let at = 0;
  const storages = new Storages();
  const next = (options: Partial<Parameters<typeof unpickle>[1]> = {}): Pickled => {
    const { value, end } = unpickle(bytes.subarray(at), { name, globals: {}, limits, offset: offset + at, ...options });
    at += end;
    return value;
  };
  const place = () => `in ${name} at byte ${offset + at}`;
  const refuse = (what: string, found: string): never => {
    throw new Error(`Expected ${what} but found ${found} ${place()}`);
  };

  if (bytes[0] !== 0x80) refuse("a PyTorch checkpoint", "something else");
  const magic = next();
  if (magic !== MAGIC) refuse("the number that begins a PyTorch checkpoint", describe(magic));
  const protocol = next();
  if (protocol !== PROTOCOL) refuse(`version ${PROTOCOL} of the format`, describe(protocol));
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    refuse("values of a little-endian machine", describe(machine));
  }
  const value = next({ globals: torchGlobals, persistent: storages.persistent });
  const keys = next();
  if (!Array.isArray(keys)) return refuse("a list of storages", describe(keys));
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.byKey.get(key) : undefined;
    if (!storage || storage.bytes) return refuse("the keys of storages, each once", describe(key));
    at += readStorage(bytes.subarray(at), storage, refuse);
  }
  for (const { key, bytes } of storages.byKey.values()) if (!bytes) refuse(`values of the storage ${key}`, "none");
  return value;
}

/** Reads the values of a storage and returns how many bytes they took. */
function readStorage(bytes: Uint8Array, storage: Storage, refuse: (what: string, found: string) => never): number {
  const length = storage.count * bytesOf(storage.type);
  if (bytes.length < 8 + length) refuse(`${8 + length} bytes of the storage ${storage.key}`, `${bytes.length}`);
  const count = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (count !== BigInt(storage.count)) refuse(`${storage.count} values in the storage ${storage.key}`, `${count}`);
  storage.bytes = bytes.subarray(8, 8 + length);
  return 8 + length;
}
