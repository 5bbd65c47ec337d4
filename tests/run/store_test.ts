import { assertEquals, assertRejects } from "../assert.ts";
import { Store } from "../../lib/run/store.ts";
import { lacks } from "../needs.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function withStore(work: (store: Store, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await work(new Store(root, { writer: "cam" }), root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("Store writes whole files below folders it makes, and nothing else stays", async () => {
  await withStore(async (store, root) => {
    await store.write("cam", "a/b/c.txt", bytes("first, and longer"));
    await store.write("cam", "a/b/c.txt", bytes("second"));
    assertEquals(await Deno.readTextFile(`${root}/cam/a/b/c.txt`), "second");
    assertEquals(names(`${root}/cam/a/b`), ["c.txt"]);
    assertEquals(await store.read("cam", "a/b/c.txt"), bytes("second"));
    assertEquals(store.path("cam", "x"), `${root}/cam/x`);
  });
});

Deno.test("Store leaves the old file and no other when it cannot write", async () => {
  await withStore(async (store, root) => {
    await Deno.mkdir(`${root}/cam/taken/inside`, { recursive: true });
    await assertRejects(() => store.write("cam", "taken", bytes("new")), Error, `Expected to write ${root}/cam/taken`);
    assertEquals(names(`${root}/cam`), ["taken"]);
  });
});

Deno.test({
  name: "Store leaves the old file and no other when the disk is full",
  ignore: lacks("linux", Deno.build.os === "linux"),
  fn: async () => {
    await withStore(async (store, root) => {
      await store.write("cam", "a.txt", bytes("old"));
      await Deno.symlink("/dev/full", `${root}/cam/.a.txt.tmp`);
      await assertRejects(() => store.write("cam", "a.txt", bytes("new")), Error, "No space left");
      assertEquals(names(`${root}/cam`), ["a.txt"]);
      assertEquals(await Deno.readTextFile(`${root}/cam/a.txt`), "old");
    });
  },
});

Deno.test("Store writes names as long as file systems take, also beside other shards", () =>
  withStore(async (_, root) => {
    const store = new Store(root, { writer: "cam", label: "shard-063of064" }), name = `${"ä".repeat(125)}.json`;
    await store.write("cam", name, bytes("new"));
    assertEquals(names(`${root}/cam`), [name]);
  }));

Deno.test("Store tells a missing file from one to be made first", async () => {
  await withStore(async (store, root) => {
    assertEquals(await store.read("cam", "x.npz"), null);
    await assertRejects(
      () => store.require("cam", "x.npz"),
      Error,
      `Expected ${root}/cam/x.npz but found no such file; run the stage cam first`,
    );
  });
});

Deno.test("Store lets only one stage write", async () => {
  await withStore(async (store, root) => {
    await assertRejects(() => store.write("relation", "x", bytes("")), Error, "Expected only cam to write now");
    await assertRejects(() => new Store(root).appendLog("cam", "log.jsonl", {}), Error, "only the pipeline");
  });
});

Deno.test("Store continues a log before the step that comes again, and after a line that was cut", async () => {
  await withStore(async (store, root) => {
    for (const step of [0, 1, 2]) await store.appendLog("cam", "log.jsonl", { step });
    await Deno.writeTextFile(`${root}/cam/log.jsonl`, '{"step":3,"lo', { append: true });
    const later = new Store(root, { writer: "cam" });
    for (const step of [2, 3]) await later.appendLog("cam", "log.jsonl", { step, loss: 1 });
    assertEquals(
      await Deno.readTextFile(`${root}/cam/log.jsonl`),
      '{"step":0}\n{"step":1}\n{"step":2,"loss":1}\n{"step":3,"loss":1}\n',
    );
  });
});
