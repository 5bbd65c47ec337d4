import { gzipSync } from "node:zlib";
import { augmentedList, readIdList, registryEntry, sbdLists } from "../../lib/download/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { tar } from "./_tar.ts";

const id = (n: number) => `2008_${String(n).padStart(6, "0")}`;
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => id(from + i));

Deno.test("augmentedList() joins the SBD's lists and VOC's training list, without VOC's validation list", () => {
  const lists = {
    sbdTrain: [id(5), id(3)],
    sbdVal: [id(4), id(9)],
    vocTrain: [id(1), id(3)],
    vocVal: [id(9), id(7)],
  };
  assertEquals(augmentedList(lists), [id(1), id(3), id(4), id(5)]);
});

Deno.test("augmentedList() of lists as long as the real ones has 10,582 ids", () => {
  // The SBD has 11,355 images. Which of them are in which list of VOC does not matter here, their number does.
  const lists = {
    sbdTrain: ids(0, 8498),
    sbdVal: ids(8498, 11_355),
    vocTrain: [...ids(0, 1134), ...ids(20_000, 20_330)],
    vocVal: [...ids(10_252, 11_355), ...ids(30_000, 30_346)],
  };
  assertEquals([lists.vocTrain.length, lists.vocVal.length], [1464, 1449]);
  assertEquals(augmentedList(lists).length, 10_582);
});

Deno.test("readIdList() names the line that is no id", () => {
  assertEquals(readIdList("2007_000032\r\n2008_000002 \n", "x"), ["2007_000032", "2008_000002"]);
  for (const bad of ["2007_32", "../2007_000032", "2007_000032 1", ""]) {
    assertThrows(() => readIdList(`2007_000032\n${bad}\n2007_000033`, "list.txt"), Error, "line 2 of list.txt");
  }
});

Deno.test("sbdLists() reads the archive, packed or not, and the unpacked folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const train = ids(0, 5), val = ids(5, 7), text = (list: string[]) => list.map((id) => `${id}\n`).join("");
    const inside = "benchmark_RELEASE/dataset";
    const archive = tar([
      { path: `${inside}/img/${id(0)}.jpg`, content: "x".repeat(3000) },
      { path: "elsewhere/dataset/train.txt", content: "not this one" },
      { path: `${inside}/train.txt`, content: text(train) },
      { path: `./${inside}/val.txt`, content: text(val) },
      { path: "../never read", content: "" },
    ]);
    await Deno.writeFile(`${folder}/benchmark.tar`, archive);
    await Deno.writeFile(`${folder}/benchmark.tgz`, gzipSync(archive));
    await Deno.mkdir(`${folder}/${inside}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${inside}/train.txt`, text(train));
    await Deno.writeTextFile(`${folder}/${inside}/val.txt`, text(val));
    for (const path of ["benchmark.tar", "benchmark.tgz", "", "benchmark_RELEASE", inside]) {
      assertEquals(await sbdLists(`${folder}/${path}`), { train, val }, path);
    }
    await Deno.remove(`${folder}/${inside}/val.txt`);
    await assertRejects(() => sbdLists(folder), Error, "val.txt in");
    await Deno.writeFile(`${folder}/cut.tgz`, gzipSync(archive).slice(0, 60));
    await assertRejects(() => sbdLists(`${folder}/cut.tgz`));
    await Deno.writeFile(
      `${folder}/large.tar`,
      tar([{ path: `${inside}/train.txt`, content: "x".repeat(2 ** 20 + 1) }]),
    );
    await assertRejects(() => sbdLists(`${folder}/large.tar`), Error, "1048577 bytes");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("registryEntry() has all downloads, with the facts that their sources state", async () => {
  const voc = await registryEntry("voc2012");
  assertEquals([voc.file, voc.bytes, voc.md5], [
    "VOCtrainval_11-May-2012.tar",
    1_999_639_040,
    "6cd6e144f989b92b3379bac3b3de84fd",
  ]);
  assertEquals((await registryEntry("sbd")).counts, { train: 8498, val: 2857, train_aug: 10_582 });
  const resnet = await registryEntry("resnet50");
  assertEquals([resnet.file, resnet.bytes, resnet.sha256.slice(0, 8)], [
    "resnet50-19c8e357.pth",
    102_502_400,
    "19c8e357",
  ]);
  const { member, pip } = await registryEntry("efficientnet_lite0");
  assert(pip);
  assertEquals(member!.sha256.slice(0, 8), "57934424");
  await assertRejects(() => registryEntry("toString"), Error, "but found toString");
});

Deno.test("registryEntry() names what is wrong with a registry", async () => {
  const file = await Deno.makeTempFile();
  const entry = {
    file: "a.tar",
    urls: ["http://host/a.tar"],
    bytes: 1,
    sha256: "0".repeat(64),
    source: "",
    licence: "",
    note: "",
  };
  const check = async (changes: object, text: string) => {
    await Deno.writeTextFile(file, JSON.stringify({ a: { ...entry, ...changes } }));
    await assertRejects(() => registryEntry("a", file), Error, text);
  };
  try {
    await check({ sha256: "19c8e357" }, "a.sha256");
    await check({ bytes: 1.5 }, "a.bytes");
    await check({ file: "../a.tar" }, "a.file");
    await check({ urls: ["file:///etc/passwd"] }, "a.urls.0");
    await check({ urls: [] }, "neither addresses");
    await check({ size: 1 }, "size");
    await Deno.writeTextFile(file, "{");
    await assertRejects(() => registryEntry("a", file), Error, file);
    await Deno.writeTextFile(file, JSON.stringify({ a: entry }));
    assertEquals((await registryEntry("a", file)).file, "a.tar");
  } finally {
    await Deno.remove(file);
  }
});
