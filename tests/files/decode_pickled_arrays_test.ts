import { decodePickledArrays } from "../../lib/files/decode_pickled_arrays.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { global, int, pickle, text, tuple } from "./_pickle_bytes.ts";

const decode = (bytes: Uint8Array) => decodePickledArrays(bytes, { name: "x.npy", offset: 100 });

Deno.test("decodePickledArrays() reads arrays as Python 2 and 3 pickle them, lists and numbers", () => {
  const array = (values: string) =>
    global("numpy.core.multiarray", "_reconstruct") + tuple(global("numpy", "ndarray"), tuple("K\x00"), "C\x01b") +
    "R" +
    tuple(
      "K\x01",
      tuple("K\x02"),
      `${global("numpy", "dtype")}${tuple(text("i2"), "\x89", "\x88")}R${tuple("K\x03", text("<"), "NNN", int(-1))}b`,
      "\x89",
      values,
    ) + "b";
  const bytes = pickle(
    "}(",
    text("three") + array("C\x04\x01\x00\x00\x01"),
    text("two") + array("U\x04\x01\x00\x00\x01"),
    text("list") + "]K\x07a",
    text("number") + "G\x3f\xe0\x00\x00\x00\x00\x00\x00",
    "u",
  );
  assertEquals(decode(bytes), {
    three: { shape: [2], data: Float32Array.of(1, 256) },
    two: { shape: [2], data: Float32Array.of(1, 256) },
    list: { shape: [1], data: Float32Array.of(7) },
    number: { shape: [], data: Float32Array.of(0.5) },
  });
});

Deno.test("decodePickledArrays() refuses other objects by their names, and arrays that are not whole", () => {
  const refuse = (bytes: Uint8Array, message: string) => assertThrows(() => decode(bytes), Error, message);
  refuse(
    pickle(global("posix", "system"), tuple(text("true")), "R"),
    "Expected tensors and containers but found posix.system in x.npy at byte 102",
  );
  refuse(pickle("K\x01"), "Expected arrays by name in x.npy but found 1");
  const look = (bytes: Uint8Array, message: string) => assertThrows(() => decode(bytes)["a"], Error, message);
  look(pickle("}", text("a"), text("b"), "s"), "Expected an array but found b as a in x.npy");
  look(
    pickle("}", text("a"), global("numpy", "dtype"), tuple(text("U3")), "Rs"),
    "found a type of numbers as a in x.npy",
  );
  look(
    pickle("}", text("a"), global("numpy._core.multiarray", "_reconstruct"), ")Rs"),
    "Expected an array but found an array that is not complete as a in x.npy",
  );
  refuse(pickle("}", text("7"), "]s", "K\x07]s"), "Expected 7 once in x.npy but found it as key 1 again");
  refuse(pickle("}", int(-1), "]s"), "Expected names of arrays in x.npy but found -1 as key 0");
});
