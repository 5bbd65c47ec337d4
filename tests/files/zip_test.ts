import { zipSync } from "fflate";
import { readZip } from "../../lib/files/zip.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** Replaces all occurrences of a 32-bit field. */
function withField(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const result = bytes.slice(), view = new DataView(result.buffer);
  for (let at = 0; at + 4 <= result.length; at++) if (view.getUint32(at, true) === from) view.setUint32(at, to, true);
  return result;
}

Deno.test("readZip() reads stored and deflated entries, empty ones too", () => {
  const files = { "a/b.txt": text("stored"), "c.txt": text("deflated ".repeat(100)), empty: new Uint8Array(0) };
  for (const level of [0, 6] as const) {
    assertEquals([...readZip(zipSync(files, { level }), "x.zip")], Object.entries(files));
  }
});

Deno.test("readZip() refuses names that lead out of a folder, and the same name twice", () => {
  for (const name of ["../a", "a/../../b", "/etc/a", "C:a", "a\\b", "..", "a/.."]) {
    assertThrows(
      () => readZip(zipSync({ [name]: text("x") }), "x.zip"),
      Error,
      `Expected entries of x.zip to stay in their folder but found ${JSON.stringify(name)} at byte 0`,
    );
  }
  const two = zipSync({ "a.one": text("1"), "a.two": text("2") }, { level: 0 });
  const twice = withField(two, 0x6f77742e, 0x656e6f2e); // ".two" becomes ".one"
  assertThrows(() => readZip(twice, "x.zip"), Error, "Expected one entry a.one in x.zip but found another at byte");
});

Deno.test("readZip() refuses contents that are longer or shorter than promised, or far too long", () => {
  const size = 100_003;
  const archive = zipSync({ a: new Uint8Array(size) });
  assertEquals(readZip(archive, "x.zip").get("a")!.length, size);
  for (const wrong of [size - 1, size + 1, 10, 0]) {
    assertThrows(
      () => readZip(withField(archive, size, wrong), "x.zip"),
      Error,
      "Expected a in x.zip to have the checksum",
    );
  }
  assertThrows(
    () => readZip(withField(archive, size, 0x7fffffff), "x.zip"),
    Error,
    "Expected at most 536870912 bytes of unpacked entries in x.zip but found 2147483647 up to a",
  );
});

Deno.test("readZip() names the place where a part is missing", () => {
  const archive = zipSync({ a: text("content") }, { level: 0 });
  assertThrows(() => readZip(archive.subarray(0, 60), "x.zip"), Error, "no directory before its end at byte 60");
  const moved = new Uint8Array([0, 0, ...archive]);
  assertThrows(() => readZip(moved, "x.zip"), Error, "Expected an entry of the directory of x.zip at byte");
});
