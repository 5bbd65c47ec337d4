import { assert, assertEquals, assertThrows } from "../assert.ts";
import type { NumericArray } from "../../lib/files/array.ts";
import { decodeNpz, encodeNpz } from "../../lib/files/npz.ts";
import { hasPython, lacks, runPython } from "../needs.ts";

const ignore = lacks("numpy", await hasPython("numpy"));

const arrays: Record<string, NumericArray> = {
  maps: { shape: [2, 1, 3], data: Float32Array.of(0, -1.5, 1e-30, Infinity, 2, 3) },
  keys: { shape: [2], data: Int32Array.of(-7, 19) },
  mask: { shape: [1, 2, 2], data: Uint8Array.of(0, 255, 1, 0) },
  scalar: { shape: [], data: Float32Array.of(4) },
  none: { shape: [0, 5, 5], data: new Uint8Array(0) },
};

for (const level of [0, 6] as const) {
  Deno.test(`decodeNpz() returns what encodeNpz() was given at level ${level}`, () => {
    assertEquals(decodeNpz(encodeNpz(arrays, { level }), "a.npz"), arrays);
  });
}

Deno.test("encodeNpz() gives the same bytes in every time zone", () => {
  const bytes = encodeNpz(arrays);
  // Time and date of the first entry: midnight, 1 January 1980.
  assertEquals([...bytes.subarray(10, 14)], [0, 0, 0x21, 0]);
  assertEquals(encodeNpz(arrays), bytes);
});

Deno.test("encodeNpz() refuses shapes that do not fit the values", () => {
  const wrong = { a: { shape: [2, 2], data: new Float32Array(3) } };
  assertThrows(() => encodeNpz(wrong), RangeError, "Expected 4 values for [2, 2] in a but found 3");
});

Deno.test("decodeNpz() names file and array of every single damaged byte of the values", () => {
  const bytes = encodeNpz({ keys: { shape: [3], data: Int32Array.of(1, 2, 3) } });
  const start = 30 + "keys.npy".length;
  for (const at of [start, start + 20, start + 128, start + 139]) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    assertThrows(() => decodeNpz(damaged, "x/a.npz"), Error, "Expected keys.npy in x/a.npz");
  }
});

Deno.test("decodeNpz() refuses archives cut at any place", () => {
  for (const level of [0, 6] as const) {
    const bytes = encodeNpz(arrays, { level });
    for (let length = 0; length < bytes.length; length += 13) {
      assertThrows(() => decodeNpz(bytes.subarray(0, length), "a.npz"), Error, "a.npz");
    }
  }
});

Deno.test({
  name: "numpy.load() opens archives of encodeNpz()",
  ignore,
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".npz" });
    for (const level of [0, 6] as const) {
      await Deno.writeFile(path, encodeNpz(arrays, { level }));
      const code = "import sys, numpy as np, json\nf = np.load(sys.argv[1])\n" +
        "print(json.dumps({k: [str(f[k].dtype), list(f[k].shape), [float(v) for v in f[k].ravel()]] for k in f}))";
      const text = await runPython(["-c", code, path]);
      assertEquals(JSON.parse(text.replace("Infinity", "1e999")), {
        maps: ["float32", [2, 1, 3], [...arrays["maps"]!.data]],
        keys: ["int32", [2], [-7, 19]],
        mask: ["uint8", [1, 2, 2], [0, 255, 1, 0]],
        scalar: ["float32", [], [4]],
        none: ["uint8", [0, 5, 5], []],
      });
    }
    await Deno.remove(path);
  },
});

Deno.test({
  name: "decodeNpz() reads archives of numpy: other types, Fortran order, stored and compressed",
  ignore,
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".npz" });
    for (const save of ["savez", "savez_compressed"]) {
      const code = "import sys, numpy as np\na = np.arange(24).reshape(2, 3, 4)\n" +
        `np.${save}(sys.argv[1], f8=a * 0.5, i8=a - 3, b1=a > 11, u2=a.astype('u2'), f2=a.astype('f2'), ` +
        "fortran=np.asfortranarray(a.astype('f4')), f4=a.astype('f4'))";
      await runPython(["-c", code, path]);
      const found = decodeNpz(await Deno.readFile(path), path);
      const range = Array.from({ length: 24 }, (_, i) => i);
      const shape = [2, 3, 4];
      assertEquals(found, {
        f8: { shape, data: Float32Array.from(range, (i) => i * 0.5) },
        i8: { shape, data: Int32Array.from(range, (i) => i - 3) },
        b1: { shape, data: Uint8Array.from(range, (i) => Number(i > 11)) },
        u2: { shape, data: Int32Array.from(range) },
        f2: { shape, data: Float32Array.from(range) },
        fortran: { shape, data: Float32Array.from(range) },
        f4: { shape, data: Float32Array.from(range) },
      });
    }
    await runPython(["-c", "import sys, numpy as np\nnp.savez(sys.argv[1], a=np.array([2**40]))", path]);
    assertThrows(() => decodeNpz(Deno.readFileSync(path), "big.npz"), Error, "32-bit integers as a in big.npz");
    await runPython(["-c", "import sys, numpy as np\nnp.savez(sys.argv[1], a=np.array([{}], object))", path]);
    const error = assertThrows(() => decodeNpz(Deno.readFileSync(path), "o.npz"), Error, "a in o.npz");
    assert(error.message.includes("found |O"));
    await Deno.remove(path);
  },
});
