import sharp from "sharp";
import { loadConfig } from "../../lib/config/load_config.ts";
import { openDataset } from "../../lib/data/mod.ts";
import { encodeNpz } from "../../lib/files/npz.ts";
import { contextOf } from "../../lib/run/session.ts";
import { cam } from "../../lib/stages/cam.ts";
import { assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("the CAM stage takes given maps of the labels of an image, and refuses those of other classes", async () => {
  await inFolder(async (root) => {
    await sharp({ create: { width: 5, height: 4, channels: 3, background: "red" } }).png().toFile(`${root}/a.png`);
    await Deno.writeTextFile(`${root}/labels.json`, '{"a": ["kite"]}');
    const classes = ["kite", "truck"], config = loadConfig({ preset: "sample" });
    const dataset = await openDataset({ root, labels: null, classes });
    const session = { config: { ...config, cam: { ...config.cam, from: root } }, dataset, workdir: `${root}/out` };
    const context = contextOf({ ...session, quarantine: { ids: new Set() }, limit: Infinity } as never);
    const process = async (key: number) => {
      const maps = (height: number, width: number) => ({
        shape: [1, height, width],
        data: new Float32Array(height * width).fill(0.5),
      });
      const keys = { shape: [1], data: Int32Array.of(key) };
      await Deno.writeFile(`${root}/a.npz`, encodeNpz({ keys, cam: maps(1, 2), high_res: maps(4, 5) }));
      return await (await cam.open(context)).process("a");
    };
    assertEquals(Object.keys(await process(0)), ["a.npz"]);
    const message = `Expected keys among the labels of a, 0 (kite), in ${root}/a.npz but found 1 (truck)`;
    await assertRejects(() => process(1), Error, message);
    await assertRejects(() => process(2), Error, "Expected keys below 2, the number of classes");
  });
});
