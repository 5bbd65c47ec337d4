/** Many shards of a large data set, in turn: what each has to do, and what the shared file system sees of it. */
import { assert, assertEquals } from "../assert.ts";
import { presets } from "../../lib/config/config.ts";
import { run } from "../../lib/run/run.ts";
import { makeEntries } from "./entries.ts";

// IRNET_SCALE=full: as many images as VOC's augmented list has.
const isFull = Deno.env.get("IRNET_SCALE") === "full";
const [entries, shards] = isFull ? [10582, 64] : [400, 16];
const module = new URL("./light_stages.ts", import.meta.url).href;

/** Looks at files, and readings of folders. */
interface Seen {
  stats: number;
  listings: number;
}

/** Counts how often files are looked at and folders are read meanwhile. */
async function watch<T>(work: () => Promise<T>): Promise<Seen & { result: T }> {
  const seen: Seen = { stats: 0, listings: 0 }, { stat, statSync, readDir, readDirSync } = Deno;
  Deno.stat = (path) => (seen.stats++, stat(path));
  Deno.statSync = (path) => (seen.stats++, statSync(path));
  Deno.readDir = (path) => (seen.listings++, readDir(path));
  Deno.readDirSync = (path) => (seen.listings++, readDirSync(path));
  try {
    return { result: await work(), ...seen };
  } finally {
    Object.assign(Deno, { stat, statSync, readDir, readDirSync });
  }
}

Deno.test(`run of ${entries} entries in ${shards} shards: equal shares, a bounded number of looks at files`, async () => {
  const root = await Deno.makeTempDir();
  try {
    await makeEntries(`${root}/data`, entries);
    await Deno.writeFile(`${root}/weights.safetensors`, new Uint8Array(8));
    const config = structuredClone(presets.lite);
    config.data.root = `${root}/data`;
    config.backbone.weights = `${root}/weights.safetensors`;
    const options = { workdir: `${root}/out`, module };
    await run(config, { ...options, stages: ["cam_train"] });

    for (const [stage, reads] of [["cam", 1], ["relation", 2]] as const) { // files that it reads an image
      const made: number[] = [], stats: number[] = [], listings: number[] = [];
      for (let index = 0; index < shards; index++) {
        const seen = await watch(() => run(config, { ...options, stages: [stage], shard: { index, count: shards } }));
        made.push(seen.result.stages[0]!.made);
        stats.push(seen.stats);
        listings.push(seen.listings);
      }
      assertEquals(made.reduce((sum, count) => sum + count, 0), entries);
      assert(Math.max(...made) - Math.min(...made) <= 1, `${stage}: ${made}`);
      const share = Math.ceil(entries / shards), most = share * (reads + 1) + 6 * shards + 40; // manifests: one a shard
      assert(Math.max(...stats) <= most, `${stage}: ${Math.max(...stats)} looks at files, expected ${most} at most`);
      assert(Math.max(...listings) <= 8, `${stage}: ${Math.max(...listings)} listings`);
      assertEquals([...Deno.readDirSync(`${root}/out/${stage}`)].length, entries + 2 * shards); // manifest and times
      console.log(
        `${stage}: ${Math.max(...made)} images, ${Math.max(...stats)} looks, ${Math.max(...listings)} listings`,
      );
    }
    const { stages } = await run(config, { ...options, stages: ["cam", "relation"] });
    assertEquals(stages.map(({ made }) => made), [0, 0]);
    assertEquals([...Deno.readDirSync(`${root}/out/cam`)].length, entries + 1);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
