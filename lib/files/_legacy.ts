/** PyTorch's format of files before version 1.6. */
import { sizeOf } from "./_numbers.ts";
import { type Storage, Storages, torchGlobals } from "./_torch.ts";
import { describe, type Pickled, type PickleLimits, unpickle } from "./_unpickle.ts";

/** What the first two pickles hold. */
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
  const length = storage.count * sizeOf(storage.type);
  if (bytes.length < 8 + length) refuse(`${8 + length} bytes of the storage ${storage.key}`, `${bytes.length}`);
  const count = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (count !== BigInt(storage.count)) refuse(`${storage.count} values in the storage ${storage.key}`, `${count}`);
  storage.bytes = bytes.subarray(8, 8 + length);
  return 8 + length;
}
