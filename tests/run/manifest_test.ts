import { assertEquals } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { type ManifestRecord, ManifestWriter, readManifest } from "../../lib/run/manifest.ts";

const record = (id: string, time: number, settings = "s"): ManifestRecord => ({
  id,
  settings,
  inputs: { cam: "c" },
  outputs: { [`${id}.npz`]: { hash: "h", bytes: 3 } },
  seconds: 0.5,
  time,
});

Deno.test("readManifest() finds nothing where there is no folder", async () => {
  assertEquals((await readManifest("/nowhere")).size, 0);
});

Deno.test("readManifest() merges shards: the latest record of an image counts", async () => {
  await inFolder(async (folder) => {
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
  await inFolder(async (folder) => {
    const path = `${folder}/manifest.jsonl`;
    await Deno.writeTextFile(path, `${JSON.stringify(record("a", 1))}\n\0\0\0\n{"id":"b","sett`);
    const writer = await ManifestWriter.open(folder, { index: 0, count: 1 });
    writer.add(record("c", 2));
    await writer.close();
    const { check, ...c } = (await readManifest(folder)).get("c")!;
    assertEquals([typeof check, c], ["string", record("c", 2)]);
    assertEquals([...await readManifest(folder)].map(([id]) => id), ["a", "c"]);
  });
});

Deno.test("ManifestWriter puts the latest records in order when all is done", async () => {
  await inFolder(async (folder) => {
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

Deno.test("ManifestWriter gives later times than every record before, also when the clock went back", async () => {
  await inFolder(async (folder) => {
    const first = await ManifestWriter.open(folder, { index: 0, count: 1 });
    first.add(record("a", 5000, "old"));
    await first.close();
    const second = await ManifestWriter.open(folder, { index: 1, count: 2 });
    second.add(record("a", 3000, "new"));
    await second.close();
    const { settings, time } = (await readManifest(folder)).get("a")!;
    assertEquals([settings, time], ["new", 5001]);
  });
});

Deno.test("readManifest() takes no record whose files lie elsewhere", async () => {
  await inFolder(async (folder) => {
    const outputs = (file: string) => ({ [file]: { hash: "h", bytes: 3 } });
    for (const file of ["../a.npz", "/tmp/a.npz", "pictures/../../a.npz", "..\\a.npz", "c:\\a.npz", ".."]) {
      const line = JSON.stringify({ ...record("a", 1), outputs: outputs(file) });
      await Deno.writeTextFile(`${folder}/manifest.jsonl`, `${line}\n`);
      assertEquals((await readManifest(folder)).size, 0, file);
    }
    const line = JSON.stringify({ ...record("a", 1), outputs: outputs("pictures/a..b.png") });
    await Deno.writeTextFile(`${folder}/manifest.jsonl`, `${line}\n`);
    assertEquals((await readManifest(folder)).size, 1);
  });
});

Deno.test("readManifest() finds every damaged bit of a record, but for those of its times", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/manifest.jsonl`;
    const writer = await ManifestWriter.open(folder, { index: 0, count: 1 });
    writer.add({ ...record("a", 1), photographs: "p" });
    await writer.close();
    const bytes = await Deno.readFile(path), whole = (await readManifest(folder)).get("a")!;
    const { seconds: _, time: __, ...lasting } = whole;
    for (let bit = 0; bit < 8 * (bytes.length - 1); bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await Deno.writeFile(path, damaged);
      const found = [...(await readManifest(folder)).values()].map(({ seconds: _, time: __, ...lasting }) => lasting);
      assertEquals(found, found.length === 0 ? [] : [lasting], `bit ${bit}`);
    }
  });
});
