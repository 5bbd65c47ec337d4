import { assertEquals } from "../assert.ts";
import { type ManifestRecord, ManifestWriter, readManifest } from "../../lib/pipeline/manifest.ts";

const record = (id: string, time: number, settings = "s"): ManifestRecord => ({
  id,
  settings,
  inputs: { cam: "c" },
  outputs: { [`${id}.npz`]: { hash: "h", bytes: 3 } },
  seconds: 0.5,
  time,
});

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readManifest() finds nothing where there is no folder", async () => {
  assertEquals((await readManifest("/nowhere")).size, 0);
});

Deno.test("readManifest() merges shards: the latest record of an image counts", async () => {
  await withFolder(async (folder) => {
    const lines = (...records: ManifestRecord[]) => records.map((line) => `${JSON.stringify(line)}\n`).join("");
    await Deno.writeTextFile(
      `${folder}/manifest.jsonl`,
      lines(record("a", 1), record("b", 9), record("a", 2, "again")),
    );
    await Deno.writeTextFile(`${folder}/manifest-1of2.jsonl`, lines(record("a", 3, "shard"), record("b", 8, "shard")));
    await Deno.writeTextFile(`${folder}/manifest-backup.jsonl`, lines(record("c", 3)));
    const found = await readManifest(folder);
    assertEquals([found.get("a")!.settings, found.get("b")!.settings, found.size], ["shard", "s", 2]);
  });
});

Deno.test("ManifestWriter cuts off part of a line before it goes on, and lines that are damaged count as absent", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/manifest.jsonl`;
    await Deno.writeTextFile(path, `${JSON.stringify(record("a", 1))}\n\0\0\0\n{"id":"b","sett`);
    const writer = await ManifestWriter.open(folder, { index: 0, count: 1 });
    writer.add(record("c", 2));
    await writer.close();
    assertEquals(await readManifest(folder), new Map([["a", record("a", 1)], ["c", record("c", 2)]]));
  });
});

Deno.test("ManifestWriter puts the latest records in order when all is done", async () => {
  await withFolder(async (folder) => {
    const writer = await ManifestWriter.open(folder, { index: 2, count: 4 });
    for (const [id, time] of [["z", 1], ["c", 2], ["a", 3], ["c", 4], ["b", 5]] as const) writer.add(record(id, time));
    await writer.close(["a", "b", "c"]);
    const lines = (await Deno.readTextFile(`${folder}/manifest-2of4.jsonl`)).trim().split("\n");
    assertEquals(lines.map((line) => [JSON.parse(line).id, JSON.parse(line).time]), [["a", 3], ["b", 5], ["c", 4], [
      "z",
      1,
    ]]);
  });
});
