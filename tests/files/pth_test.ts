import { zipSync } from "fflate";
import { decodePth, readPth } from "../../lib/files/pth.ts";
import { readWeights } from "../../lib/weights/read_weights.ts";
import { encodeSafetensors } from "../../lib/files/safetensors.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { global, int, pickle, text, tuple } from "./_pickle_bytes.ts";

const golden = (file: string) => new URL(`../golden/${file}`, import.meta.url).pathname;

/** What `make_golden.py` stored. */
function network() {
  const at = (a: number, b: number, c: number) => (a * 12 + b * 4 + c) / 8;
  const grid = (shape: [number, number, number], value: (i: number, j: number, k: number) => number) => ({
    shape,
    data: Float32Array.from(
      { length: shape[0] * shape[1] * shape[2] },
      (_, n) => value(Math.floor(n / shape[2] / shape[1]), Math.floor(n / shape[2]) % shape[1], n % shape[2]),
    ),
  });
  const of = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  return {
    "conv.weight": grid([2, 3, 4], at),
    "conv.transposed": grid([4, 2, 3], (i, j, k) => at(j, k, i)),
    "conv.part": grid([2, 2, 2], (i, j, k) => at(i, j + 1, 2 * k)),
    "conv.expanded": of(1.5, 1.5, 1.5),
    "conv.parameter": { shape: [1, 2], data: Float32Array.of(-1, 2) },
    double: of(0.1),
    half: of(0.5, -65504, 2 ** -24),
    brain: of(1, -3),
    long: of(-7, 40),
    int: of(-8),
    short: of(-9),
    char: of(-10),
    byte: of(250),
    bool: of(1, 0),
    scalar: { shape: [], data: Float32Array.of(3) },
    empty: { shape: [0, 4], data: new Float32Array(0) },
  };
}

for (const format of ["zip", "legacy"]) {
  Deno.test(`readPth() reads tensors of all types and strides from PyTorch's ${format} format`, async () => {
    const { tensors } = await readPth(golden(`weights_${format}.pth`));
    const found = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data }]);
    assertEquals(found, Object.entries(network()));
  });
}

Deno.test("readWeights() finds the tensors within a checkpoint and drops a prefix that all names share", async () => {
  const { tensors } = await readWeights(golden("weights_nested.pth"));
  assertEquals(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]), [["a", [1]], ["b", [2]]]);
});

Deno.test("readWeights() goes by what is in a file, not by its name", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pth" });
  const tensors = { a: { shape: [2], data: Float32Array.of(1, 2) } };
  await Deno.writeFile(path, encodeSafetensors(tensors));
  assertEquals((await readWeights(path)).tensors, tensors);
  for (const format of ["zip", "legacy"]) {
    await Deno.copyFile(golden(`weights_${format}.pth`), path);
    assertEquals(Object.keys((await readWeights(path)).tensors), Object.keys(network()));
  }
  await Deno.remove(path);
});

/** A checkpoint of the zip format with this pickle, and storages of this many zeros. */
function zipped(pickled: Uint8Array, storages: Record<string, number> = {}): Uint8Array {
  const data = Object.entries(storages).map(([key, bytes]) => [`a/data/${key}`, new Uint8Array(bytes)]);
  return zipSync({ "a/data.pkl": pickled, ...Object.fromEntries(data) }, { level: 0 });
}

/** A checkpoint of the legacy format whose object is this pickle. */
function legacy(pickled: Uint8Array): Uint8Array {
  const parts = [
    pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"),
    pickle("M\xe9\x03"),
    pickle("}", text("little_endian"), "\x88s"),
    pickled,
    pickle("]"),
  ];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** `{"w": tensor}`: a storage of `count` floats seen with an offset, a shape and strides. */
function tensor(count: number, [offset, shape, stride]: [number, number[], number[]]): Uint8Array {
  const storage = tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(count));
  return pickle(
    "}",
    text("w"),
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple(`${storage}Q`, int(offset), tuple(...shape.map(int)), tuple(...stride.map(int)), "\x89", "}"),
    "Rs",
  );
}

Deno.test("decodePth() refuses everything but tensors and containers by its name and place", () => {
  const call = pickle(global("posix", "system"), tuple(text("touch /tmp/no")), "R");
  const message = (bytes: Uint8Array) => (assertThrows(() => decodePth(bytes, "x.pth"), Error) as Error).message;
  assertEquals(
    message(zipped(call)),
    "Expected tensors and containers but found posix.system in a/data.pkl of x.pth at byte 2",
  );
  assertEquals(message(legacy(call)), "Expected tensors and containers but found posix.system in x.pth at byte 44");
  for (
    const [pickled, found] of [
      [pickle(global("builtins", "eval"), "0N"), "builtins.eval"],
      [pickle(text("os"), text("system"), "\x93"), "os.system"],
      [pickle("(ios\nsystem\n"), "os.system"],
      [pickle(global("torch.nn.modules.linear", "Linear"), ")\x81"), "torch.nn.modules.linear.Linear"],
      [pickle(global("numpy", "ndarray")), "numpy.ndarray"],
      [pickle(global("torch.storage", "_load_from_bytes")), "torch.storage._load_from_bytes"],
      [pickle(global("collections", "OrderedDict.__init__")), "collections.OrderedDict.__init__"],
      [pickle(global("constructor", "prototype")), "constructor.prototype"],
      [pickle(text("x"), ")R"), "something to call but found x"],
      [pickle("\x82\x01"), "0x82"],
    ] as const
  ) assert(message(zipped(pickled)).includes(found), message(zipped(pickled)));
});

Deno.test("decodePth() refuses tensors that do not lie in their storage", () => {
  const decode = (count: number, ...layout: Parameters<typeof tensor>[1]) =>
    decodePth(zipped(tensor(count, layout), { 0: 4 * count }), "x.pth").tensors["w"]!;
  assertEquals(decode(6, 1, [2, 2], [3, 1]).data, new Float32Array(4));
  const refused: [Parameters<typeof tensor>[1], string][] = [
    [[3, [2, 2], [2, 1]], "Expected a tensor [2,2] within 6 values but found its last at 6 as w in x.pth"],
    [[0, [2], [6]], "found its last at 6 as w in x.pth"],
    [[0, [2 ** 30, 2 ** 30], [0, 0]], "as w in x.pth"],
    [[0, [2 ** 30], [0]], "Expected no more values than the file has bytes for but found more as w in x.pth"],
    [[-1, [2], [1]], "Expected the offset of a tensor but found -1"],
    [[0, [-2], [1]], "Expected the shape of a tensor"],
    [[0, [2], [1, 1]], "Expected the strides of a tensor"],
  ];
  for (const [layout, message] of refused) assertThrows(() => decode(6, ...layout), Error, message);
  assertThrows(
    () => decodePth(zipped(tensor(6, [0, [6], [1]]), { 0: 20 }), "x.pth"),
    Error,
    "Expected 24 bytes in a/data/0 but found 20 in a/data.pkl of x.pth at byte",
  );
});

Deno.test("decodePth() leaves out what is no tensor, and reads values of other types only where they are looked at", () => {
  const storage = (module: string, name: string, key: string, count: number) =>
    `${tuple(text("storage"), global(module, name), text(key), text("cpu"), int(count))}Q`;
  const rebuilt = (version: string, from: string, count: number, ...more: string[]) =>
    [
      global("torch._utils", `_rebuild_tensor_${version}`),
      tuple(from, int(0), tuple(int(count)), tuple(int(1)), "\x89", "}", ...more),
      "R",
    ].join("");
  const pickled = pickle(
    ...["}", "(", text("epoch"), int(3), text("_extra_state"), "N", text("a")],
    ...[rebuilt("v2", storage("torch", "FloatStorage", "0", 2), 2), text("phase")],
    ...[rebuilt("v2", storage("torch", "ComplexFloatStorage", "1", 2), 2), text("scale")],
    rebuilt("v3", storage("torch.storage", "UntypedStorage", "2", 3), 3, global("torch", "float8_e4m3fn")),
    "u",
  );
  const { tensors, others } = decodePth(zipped(pickled, { 0: 8, 1: 16, 2: 3 }), "x.pth");
  assertEquals(others, { phase: "ComplexFloatStorage", scale: "torch.float8_e4m3fn" });
  assertEquals(Object.keys(tensors), ["a", "phase", "scale"]);
  assertEquals(tensors["a"]!.data, Float32Array.of(0, 0));
  assertThrows(() => tensors["scale"]!.data, Error, "but found torch.float8_e4m3fn");
});

Deno.test("decodePth() says what it found instead of tensors by name", () => {
  const refuse = (pickled: Uint8Array, message: string) =>
    assertThrows(() => decodePth(zipped(pickled), "x.pth"), Error, message);
  refuse(pickle("K\x05"), "Expected tensors by name in x.pth but found 5");
  refuse(pickle("}", text("a"), "Ns"), "Expected a tensor as a in x.pth but found None");
  refuse(pickle("}K\x01Ns"), "Expected names of tensors in x.pth but found 1 as key 0");
  refuse(pickle("}q\x00", text("model"), "h\x00s"), "Expected a tensor as model in x.pth but found a dictionary");
  assertThrows(() => decodePth(zipSync({ "a.npy": new Uint8Array(3) }), "x.npz"), Error, "found a.npy");
  assertThrows(() => decodePth(new Uint8Array(9), "x.pth"), Error, "Expected a PyTorch checkpoint but found something");
});

Deno.test("decodePth() bounds what a small file makes", () => {
  const many = pickle(`(${"}".repeat(1_000_001)}l`);
  assertThrows(() => decodePth(legacy(many), "x.pth"), Error, "Expected at most 1000000 parts but found more in x.pth");
  const long = pickle("\x8b\xff\xff\xff\x7f");
  assertThrows(() => decodePth(legacy(long), "x.pth"), Error, "Expected numbers of at most 64 bytes");
  const wide = pickle("X\xff\xff\xff\x7fabc");
  assertThrows(() => decodePth(legacy(wide), "x.pth"), Error, "Expected 2147483647 more bytes but found");
});
