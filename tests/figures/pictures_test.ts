import sharp from "sharp";
import { encodePicture, sideBySide } from "../../lib/figures/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";

const grey = (height: number, width: number, value: number) => ({
  height,
  width,
  data: new Uint8Array(height * width * 3).fill(value),
});

Deno.test("sideBySide() puts pictures into rows on white", () => {
  const { height, width, data } = sideBySide([grey(1, 1, 10), grey(1, 1, 20), grey(1, 1, 30)], { columns: 2, gap: 1 });
  assertEquals([height, width], [3, 3]);
  assertEquals(Array.from({ length: 9 }, (_, i) => data[i * 3]), [10, 255, 20, 255, 255, 255, 30, 255, 255]);
});

Deno.test("sideBySide() centres smaller pictures", () => {
  const { height, width, data } = sideBySide([grey(3, 1, 10), grey(1, 1, 20)], { gap: 0 });
  assertEquals([height, width], [3, 2]);
  assertEquals(Array.from({ length: 6 }, (_, i) => data[i * 3]), [10, 255, 10, 20, 10, 255]);
  assertThrows(() => sideBySide([]), RangeError, "at least one");
});

Deno.test("encodePicture() keeps every pixel in a PNG, twice the same", async () => {
  const image = { height: 2, width: 2, data: Uint8Array.from({ length: 12 }, (_, i) => i * 20) };
  const file = await encodePicture(image);
  assertEquals(file, await encodePicture(image));
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assertEquals([info.width, info.height, info.channels], [2, 2, 3]);
  assertEquals([...data], [...image.data]);
});

Deno.test("encodePicture() shrinks to the longest side and does not enlarge", async () => {
  const size = async (longest: number) => {
    const { format, width, height } = await sharp(
      await encodePicture(grey(20, 40, 9), { format: "webp", longest }),
    ).metadata();
    return [format, width, height];
  };
  assertEquals(await size(10), ["webp", 10, 5]);
  assertEquals(await size(100), ["webp", 40, 20]);
});

Deno.test("encodePicture() names the size of a picture with other values", async () => {
  const error = await assertRejects(() => encodePicture({ height: 1, width: 2, data: new Uint8Array(3) }), RangeError);
  assert(error.message.includes("Expected 1×2×3 = 6 values but found 3"));
});
