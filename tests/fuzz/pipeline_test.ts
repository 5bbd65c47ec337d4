import { assert, assertEquals } from "../assert.ts";
import { presets } from "../../lib/config/config.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { mapPaths, userPath } from "../../lib/config/user_path.ts";
import { type ManifestRecord, ManifestWriter, readManifest } from "../../lib/run/manifest.ts";
import { decodePng, encodePng } from "../../lib/files/png.ts";
import { fuzz } from "./mutate.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

Deno.test("a damaged configuration holds what it says, or is refused with a place or a key", async () => {
  const path = `${folder}/config.json`;
  const originals = [
    {
      preset: "lite",
      data: { root: "VOC2012", classes: ["cat", "dog"] },
      walk: { beta: 8 },
      cam: { scales: [1, 0.5] },
    },
    { irnet: { training: { epochs: 4, optimiser: { learningRate: 0.05 } } }, evaluation: { classes: null } },
    presets.sample,
  ].map((config, i) => new TextEncoder().encode(JSON.stringify(config, null, i)));
  const { refused, read } = await fuzz(originals, {
    file: path,
    where:
      /line \d+, column \d+|unknown key \S|for [\w.[\]]+ but found|as preset but found|in evaluation.classes|settings in/,
    tokens: ["{", "}", "[", "]", ",", '"walk"', "null", '"__proto__": {}', "true", "-"],
    parse: (damaged) => {
      Deno.writeFileSync(path, damaged);
      return loadConfig({ file: path });
    },
    check: (config, damaged) => {
      const wanted = JSON.parse(text(damaged).replace(/^\ufeff/, ""));
      assertHolds(config, mapPaths(wanted, (path) => userPath(path, folder)), "config");
    },
  });
  assert(refused > 0 && read > 0);
});

/** Whether a configuration has every value of a part of one. */
function assertHolds(found: unknown, wanted: unknown, key: string): void {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return assertEquals(found, wanted, key);
  for (const [name, value] of Object.entries(wanted)) {
    assertHolds((found as Record<string, unknown>)[name], value, `${key}.${name}`);
  }
}

Deno.test("a damaged manifest holds records as they were, and no others", async () => {
  const stage = `${folder}/stage`, path = `${stage}/manifest.jsonl`;
  await Deno.mkdir(stage);
  const writer = await ManifestWriter.open(stage, { index: 0, count: 1 });
  for (let i = 0; i < 20; i++) {
    const hash = String(i).repeat(32);
    const outputs = { [`image_${i}.npz`]: { hash, bytes: 100 + i }, [`image_${i}.png`]: { hash, bytes: i } };
    const record = { id: `image_${i}`, settings: "s", inputs: { photographs: hash }, outputs, photographs: hash };
    writer.add({ ...record, seconds: 0.25, time: 1_700_000_000_000 + i });
  }
  await writer.close();
  const lasting = ({ seconds: _, time: __, ...record }: ManifestRecord) => record;
  const whole = await readManifest(stage);
  let left = 0;
  await fuzz([await Deno.readFile(path)], {
    file: path,
    where: /never/, // whatever is damaged counts as absent
    tokens: ["\n", "{}", "null", '{"id":"image_1"}', '"../image_1.npz"', '"outputs":null'],
    parse: async (damaged) => {
      await Deno.writeFile(path, damaged);
      return await readManifest(stage);
    },
    check: (records) => {
      left += records.size;
      for (const [id, record] of records) assertEquals(lasting(record), lasting(whole.get(id)!), id);
    },
  });
  assert(left > 0);
});

Deno.test("a damaged PNG of labels has its pixels, or is refused", async () => {
  const map = (width: number, height: number, factor: number) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height }, (_, i) => Math.floor(i * factor) % 21),
  });
  const maps = [map(31, 17, 0.11), map(160, 120, 0.003), map(1, 1, 1)];
  const originals = [...maps.map((map) => encodePng(map)), encodePng(maps[0]!, { palette: null })];
  const { refused, read } = await fuzz(originals, {
    file: "labels.png",
    where: /chunk|byte|header|cut off|not|PNG|pixels?/,
    tokens: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS"],
    parse: decodePng,
    check: ({ width, height, data }) => {
      assert(
        maps.some((map) => map.width === width && map.height === height && map.data.every((v, i) => v === data[i])),
      );
    },
  });
  assert(refused > 0 && read > 0);
});
