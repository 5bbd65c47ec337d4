import { assertEquals, assertThrows } from "../assert.ts";
import { hasPython, lacks, runPython } from "../needs.ts";
import { readGolden } from "../golden.ts";
import { resizeImage, resizeLabel, scaledSize } from "../../lib/data/mod.ts";

const golden = await readGolden("g13_resize_pil");
const [height, width] = golden.shape("img") as [number, number];
const image = { width, height, data: Uint8Array.from(golden.i32("img")) };
const factors = Object.keys(golden.arrays).flatMap((key) => /^bicubic_(.+)$/.exec(key)?.[1] ?? []);

Deno.test("resizeImage() equals Pillow's bicubic for every factor of the golden", () => {
  for (const factor of factors) {
    const [h, w] = golden.shape(`bicubic_${factor}`) as [number, number];
    assertEquals(scaledSize(image, Number(factor)), { height: h, width: w });
    const resized = resizeImage(image, { height: h, width: w });
    assertEquals(Int32Array.from(resized.data), golden.i32(`bicubic_${factor}`), `factor ${factor}`);
  }
});

Deno.test("resizeLabel() equals Pillow's nearest for every factor of the golden", () => {
  const [h, w] = golden.shape("label") as [number, number];
  const label = { height: h, width: w, data: Uint8Array.from(golden.i32("label")) };
  for (const factor of factors) {
    const resized = resizeLabel(label, scaledSize(label, Number(factor)));
    assertEquals(Int32Array.from(resized.data), golden.i32(`nearest_${factor}`), `factor ${factor}`);
  }
});

Deno.test("resizeLabel() takes pixels 2, 6, 10, … for a quarter", () => {
  const row = resizeLabel({ width: 12, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => i) }, {
    width: 3,
    height: 1,
  });
  assertEquals([...row.data], [26, 30, 34]);
  const [h, w] = golden.shape("label64") as [number, number];
  const label = { height: h, width: w, data: Uint8Array.from(golden.i32("label64")) };
  const [height, width] = golden.shape("label64_quarter") as [number, number];
  assertEquals(Int32Array.from(resizeLabel(label, { height, width }).data), golden.i32("label64_quarter"));
});

Deno.test("resizeImage() keeps an image of one colour, also from and to one pixel", () => {
  const grey = { width: 1, height: 1, data: Uint8Array.of(200, 100, 0) };
  for (const size of [{ width: 5, height: 3 }, { width: 1, height: 7 }, { width: 640, height: 1 }]) {
    const large = resizeImage(grey, size);
    assertEquals([large.width, large.height], [size.width, size.height]);
    for (let i = 0; i < large.data.length; i++) assertEquals(large.data[i], grey.data[i % 3]);
    assertEquals(resizeImage(large, grey), grey);
  }
});

Deno.test("resizeImage() clips what the filter overshoots", () => {
  const edge = { width: 4, height: 1, data: Uint8Array.from([0, 0, 255, 255].flatMap((v) => [v, v, v])) };
  const wide = resizeImage(edge, { width: 16, height: 1 }).data;
  assertEquals([Math.min(...wide), Math.max(...wide)], [0, 255]);
});

Deno.test({
  name: "resizeImage() equals Pillow on images of odd sizes",
  ignore: lacks("pillow", await hasPython("numpy", "PIL")),
  async fn() {
    const script = `
import sys, numpy as np
from PIL import Image
for line in sys.stdin:
    h, w, H, W = map(int, line.split())
    i = np.arange(h * w * 3, dtype=np.int64)
    a = (((i * 2654435761) >> 7) % 256).astype(np.uint8).reshape(h, w, 3)
    wide = Image.fromarray(a).resize((W, h), Image.BICUBIC)  # newer versions choose the order by size; the reference has columns first
    out = np.asarray(wide.resize((W, H), Image.BICUBIC)).astype(np.int64).ravel()
    print(int(out.sum()), int((out * (np.arange(out.size) % 9973 + 1)).sum()))
`;
    const sizes: [number, number, number, number][] = [
      [37, 53, 91, 20],
      [375, 500, 188, 250],
      [3, 2, 50, 70],
      [200, 3, 7, 1],
      [64, 64, 64, 100],
      [31, 17, 62, 17],
      [120, 500, 160, 640],
    ];
    const output = await runPython(["-c", script], sizes.map((s) => s.join(" ") + "\n").join(""));
    const lines = sizes.map(([h, w, height, width]) => {
      const data = Uint8Array.from({ length: h * w * 3 }, (_, i) => Number((BigInt(i) * 2654435761n >> 7n) % 256n));
      let sum = 0, weighted = 0;
      resizeImage({ width: w, height: h, data }, { height, width }).data.forEach((v, i) => {
        sum += v;
        weighted += v * (i % 9973 + 1);
      });
      return `${sum} ${weighted}`;
    });
    assertEquals(lines, output.trim().split("\n"));
  },
});

Deno.test("scaledSize() rounds half to even and keeps at least one pixel", () => {
  assertEquals(scaledSize({ width: 5, height: 7 }, 0.5), { width: 2, height: 4 });
  assertEquals(scaledSize({ width: 1, height: 3 }, 0.1), { width: 1, height: 1 });
});

Deno.test("resizeImage() and resizeLabel() refuse sizes that are not whole pixels", () => {
  assertThrows(() => resizeImage(image, { width: 0, height: 3 }), RangeError, "found 0×3");
  assertThrows(() => resizeLabel({ width: 1, height: 1, data: new Uint8Array(1) }, { width: 2.5, height: 3 }));
});
