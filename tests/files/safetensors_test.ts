import { decodeSafetensors, encodeSafetensors, readSafetensors } from "../../lib/files/safetensors.ts";
import { assertEquals, assertRejects, assertThrows } from "../assert.ts";

const tensors = {
  "b.weight": { shape: [2, 1, 1, 2], data: Float32Array.of(1, -0, NaN, 1e-45) },
  a: { shape: [], data: Float32Array.of(3) },
  empty: { shape: [0, 4], data: new Float32Array(0) },
};

/** A file with one tensor of given type, shape and bytes. */
function fileOf(dtype: string, shape: number[], values: ArrayBufferView, end = values.byteLength): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ t: { dtype, shape, data_offsets: [0, end] } }));
  const bytes = new Uint8Array(8 + header.length + values.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(new Uint8Array(values.buffer), 8 + header.length);
  return bytes;
}

Deno.test("encodeSafetensors() and decodeSafetensors() keep every bit, the order and the metadata", () => {
  const bytes = encodeSafetensors(tensors, { format: "pt" });
  const file = decodeSafetensors(bytes, "x.safetensors");
  assertEquals(Object.keys(file.tensors), ["b.weight", "a", "empty"]);
  assertEquals(file.tensors, tensors);
  assertEquals(file.metadata, { format: "pt" });
  assertEquals(encodeSafetensors(file.tensors, file.metadata), bytes);
});

Deno.test("encodeSafetensors() writes a header of a multiple of 8 bytes", () => {
  for (const name of ["a", "ab", "abc", "abcd"]) {
    const bytes = encodeSafetensors({ [name]: { shape: [1], data: Float32Array.of(1) } });
    assertEquals(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
  }
});

Deno.test("encodeSafetensors() refuses a shape that does not fit its values", () => {
  const wrong = { a: { shape: [2, 2], data: new Float32Array(3) } };
  assertThrows(() => encodeSafetensors(wrong), RangeError, "Expected 4 values in a [2,2] but found 3");
});

Deno.test("decodeSafetensors() reads other types of numbers", () => {
  const decode = (dtype: string, values: ArrayBufferView, count: number) =>
    decodeSafetensors(fileOf(dtype, [count], values), "x").tensors["t"]!.data;
  assertEquals(
    decode("F16", Uint16Array.of(0x3C00, 0xC000, 0x0001, 0x7C00), 4),
    Float32Array.of(1, -2, 2 ** -24, Infinity),
  );
  assertEquals(decode("BF16", Uint16Array.of(0x3F80, 0xC040), 2), Float32Array.of(1, -3));
  assertEquals(decode("F64", Float64Array.of(0.1), 1), Float32Array.of(0.1));
  assertEquals(decode("I64", BigInt64Array.of(-7n), 1), Float32Array.of(-7));
});

Deno.test("decodeSafetensors() says what is wrong with a file", () => {
  const whole = encodeSafetensors(tensors);
  const text = (error: Error) => error.message;
  assertEquals(
    text(assertThrows(() => decodeSafetensors(whole.subarray(0, 5), "x"))),
    "Expected a safetensors file in x but found 5 bytes at byte 0",
  );
  assertEquals(
    text(assertThrows(() => decodeSafetensors(whole.subarray(0, whole.length - 2), "x"))),
    "Expected 4 bytes for a [] F32 in x but found 2",
  );
  assertThrows(() => decodeSafetensors(whole.subarray(0, 40), "x"), Error, "Expected a safetensors header of");
  const { tensors: { t }, others } = decodeSafetensors(fileOf("Q4", [1], new Uint8Array(1)), "x");
  assertEquals(others, { t: "Q4" });
  assertThrows(() => t!.data, Error, "for t in x but found Q4");
  assertThrows(() => decodeSafetensors(fileOf("F32", [3], new Float32Array(2)), "x"), Error, "Expected 12 bytes for t");
  assertThrows(() => decodeSafetensors(new TextEncoder().encode("PK\x03\x04 and so on, not it"), "x"), Error, "header");
});

Deno.test("decodeSafetensors() refuses values that are shared, left out or left over, and names that are no tensors", () => {
  const of = (header: unknown, bytes: number) => {
    const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const file = new Uint8Array(8 + text.length + bytes);
    file[0] = text.length;
    file.set(text, 8);
    return file;
  };
  const refuse = (header: unknown, bytes: number, message: string) =>
    assertThrows(() => decodeSafetensors(of(header, bytes), "x"), Error, message);
  const f32 = (from: number, to: number) => ({ dtype: "F32", shape: [(to - from) / 4], data_offsets: [from, to] });
  refuse({ a: f32(0, 8), b: f32(0, 8) }, 8, "Expected the values of b in x at 8 but found them at 0");
  refuse({ a: f32(0, 4), b: f32(8, 12) }, 12, "Expected the values of b in x at 4 but found them at 8");
  refuse({ a: f32(0, 4) }, 6, "Expected 4 bytes of values in x but found 6");
  refuse({ a: { ...f32(0, 4), dtype: "constructor" } }, 4, "for a in x but found constructor");
  refuse({ __metadata__: { a: 1 } }, 0, "Expected texts as __metadata__ of x");
  const { tensors } = decodeSafetensors(of('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), "x");
  assertEquals(Object.keys(tensors), ["__proto__"]);
});

Deno.test("readSafetensors() reads a file that is not there with a named error", async () => {
  await assertRejects(() => readSafetensors("/no/such/file.safetensors"), Deno.errors.NotFound, "file.safetensors");
});
