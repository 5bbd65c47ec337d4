import { connectedComponents } from "../../lib/displacement/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";

Deno.test("connectedComponents() does not join pixels that touch at a corner", () => {
  assertEquals(connectedComponents(Uint8Array.of(1, 0, 0, 1), { height: 2, width: 2 }), {
    labels: Int32Array.of(1, 0, 0, 2),
    count: 2,
  });
});

Deno.test("connectedComponents() joins arms that meet below and numbers regions by their first pixel", () => {
  // deno-fmt-ignore
  const mask = Uint8Array.of(
    0, 1, 0, 1, 0, 1,
    1, 1, 0, 1, 0, 0,
    0, 1, 1, 1, 0, 1,
  );
  // deno-fmt-ignore
  const labels = Int32Array.of(
    0, 1, 0, 1, 0, 2,
    1, 1, 0, 1, 0, 0,
    0, 1, 1, 1, 0, 3,
  );
  assertEquals(connectedComponents(mask, { height: 3, width: 6 }), { labels, count: 3 });
});

Deno.test("connectedComponents() keeps touching pixels of different values apart", () => {
  assertEquals(connectedComponents(Int32Array.of(7, 7, 300, 300, 7, 0), { height: 1, width: 6 }), {
    labels: Int32Array.of(1, 1, 2, 2, 3, 0),
    count: 3,
  });
});

Deno.test("connectedComponents() agrees with flood filling on random maps", () => {
  let seed = 1;
  const random = () => (seed = Math.imul(seed, 48271) >>> 0) / 2 ** 32;
  for (const [height, width, values] of [[13, 17, 2], [40, 31, 3], [1, 50, 2], [50, 1, 2]] as const) {
    const map = Uint8Array.from({ length: height * width }, () => Math.floor(random() * values));
    assertEquals(connectedComponents(map, { height, width }), floodFill(map, height, width));
  }
});

Deno.test("connectedComponents() refuses a map of another size", () => {
  assertThrows(() => connectedComponents(new Uint8Array(3), { height: 2, width: 2 }), RangeError, "but found 3");
});

function floodFill(map: Uint8Array, height: number, width: number) {
  const labels = new Int32Array(map.length);
  let count = 0;
  map.forEach((value, first) => {
    if (!value || labels[first]) return;
    const waiting = [first];
    labels[first] = ++count;
    while (waiting.length) {
      const i = waiting.pop()!, x = i % width;
      const next = [i - width, i + width, ...(x > 0 ? [i - 1] : []), ...(x < width - 1 ? [i + 1] : [])];
      for (const j of next) {
        if (j >= 0 && j < height * width && !labels[j] && map[j] === value) {
          labels[j] = count;
          waiting.push(j);
        }
      }
    }
  });
  return { labels, count };
}
