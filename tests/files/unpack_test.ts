import { type Zippable, zipSync } from "fflate";
import { unpackTar } from "../../lib/files/unpack.ts";
import { unpackZip } from "../../lib/files/unpack.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { lacks } from "../needs.ts";
import { type Member, record, tar } from "../download/_tar.ts";

const limits = { maxBytes: 1e6, maxEntries: 100 };

/** Everything below a folder, with the contents of files. */
async function tree(folder: string, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${folder}/${below}`)) {
    const path = `${below}${name}`;
    if (isDirectory) Object.assign(found, { [`${path}/`]: "" }, await tree(folder, `${path}/`));
    else found[path] = isFile ? await Deno.readTextFile(`${folder}/${path}`) : "something else";
  }
  return found;
}

/** Runs `unpack` in a folder of its own, `box/in`, and checks that nothing else changes in `box`. */
async function inBox(unpack: (folder: string, box: string) => Promise<void>): Promise<Record<string, string>> {
  const box = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${box}/in`);
    await Deno.writeTextFile(`${box}/precious`, "kept");
    await unpack(`${box}/in`, box);
    const { precious, ...others } = await tree(box);
    assertEquals(precious, "kept");
    const outside = Object.keys(others).filter((path) => !path.startsWith("in/") && path !== "archive");
    assertEquals(outside, []);
    return await tree(`${box}/in`);
  } finally {
    await Deno.remove(box, { recursive: true });
  }
}

/** The bytes as a stream of odd pieces. */
const stream = (bytes: Uint8Array<ArrayBuffer>) =>
  ReadableStream.from((function* () {
    for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
  })());

const untar = (bytes: Uint8Array<ArrayBuffer>, options = limits) =>
  inBox((folder) => unpackTar(stream(bytes), folder, { name: "a.tar", limits: options }));

async function refusesTar(members: Member[] | Uint8Array<ArrayBuffer>, text: string, options = limits): Promise<void> {
  await inBox(async (folder) => {
    const bytes = members instanceof Uint8Array ? members : tar(members);
    const { message } = await assertRejects(
      () => unpackTar(stream(bytes), folder, { name: "a.tar", limits: options }),
      Error,
      text,
    );
    assert(message.includes("a.tar"), message);
  });
}

const long = `${"folder/".repeat(30)}long name ${"ü".repeat(40)}`;

Deno.test("unpackTar() unpacks files and folders, with the long names of ustar, pax and GNU", async () => {
  const found = await untar(tar([
    { path: "pax_global_header", type: "g", content: record("comment", "of no interest") },
    { path: "a/", type: "5" },
    { path: "./a/b.txt", content: "one" },
    { path: "c/", type: "0" }, // a folder, as old programs write it
    { path: "c/empty" },
    { path: "big", content: "x".repeat(100_000) },
    { path: "file", prefix: "some/prefix", content: "two" },
    { path: "x", type: "x", content: record("mtime", "1.5") + record("path", long) },
    { path: "cut", content: "three" },
    { path: "././@LongLink", type: "L", content: `gnu/${long}\0` },
    { path: "cut", content: "four" },
    { path: "last", content: "five" },
  ]));
  const files = Object.entries(found).filter(([path]) => !path.endsWith("/"));
  assertEquals(Object.fromEntries(files), {
    "a/b.txt": "one",
    "c/empty": "",
    big: "x".repeat(100_000),
    "some/prefix/file": "two",
    [long]: "three",
    [`gnu/${long}`]: "four",
    last: "five",
  });
});

Deno.test("unpackTar() refuses what would leave the folder, and names it", async () => {
  for (
    const path of ["../evil", "a/../../evil", "/evil", "//evil", "C:/evil", "a\\..\\evil", "a/..", "a\nb"]
  ) {
    await refusesTar([{ path, content: "evil" }], `at ${JSON.stringify(path)}`);
    await refusesTar([{ path, type: "5" }], `at ${JSON.stringify(path)}`);
    const named = { path: "x", type: "x", content: record("path", path) };
    await refusesTar([named, { path: "fine", content: "evil" }], `at ${JSON.stringify(path)}`);
  }
  for (const path of ["", ".", "./"]) await refusesTar([{ path, type: "7", content: "evil" }], "a file without a name");
  const into = { path: "link/evil", content: "evil" };
  await refusesTar([{ path: "link", type: "2", target: "../" }, into], 'at "link", a link');
  await refusesTar([{ path: "link", type: "1", target: "../precious" }, into], 'at "link", a link');
  for (const type of ["3", "4", "6"]) await refusesTar([{ path: "device", type }], 'at "device", a device');
  await refusesTar([{ path: "sparse", type: "S" }], 'at "sparse", a unknown');
});

Deno.test("unpackTar() follows no link and changes no file that was there before", async () => {
  const bytes = tar([{ path: "a/precious", content: "evil" }]);
  const over = (prepare: (folder: string) => Promise<void>, text: string) =>
    inBox(async (folder) => {
      await prepare(folder);
      await assertRejects(() => unpackTar(stream(bytes), folder, { name: "a.tar", limits }), Error, text);
    });
  await over((folder) => Deno.symlink("..", `${folder}/a`), "a link to");
  await over(async (folder) => {
    await Deno.mkdir(`${folder}/a`);
    await Deno.symlink("../../precious", `${folder}/a/precious`);
  }, "a/precious");
  await over((folder) => Deno.writeTextFile(`${folder}/a`, ""), "");
  const twice = [{ path: "a", content: "1" }, { path: "a", content: "2" }];
  await refusesTar(twice, 'write "a"');
});

Deno.test("unpackTar() stops at its limits", async () => {
  const many = Array.from({ length: 11 }, (_, i) => ({ path: `${i}`, content: "x".repeat(100) }));
  assertEquals(Object.keys(await untar(tar(many), { maxBytes: 1100, maxEntries: 11 })).length, 11);
  await refusesTar(many, "more than 10 entries", { maxBytes: 1100, maxEntries: 10 });
  await refusesTar(many, "more than 1099 bytes", { maxBytes: 1099, maxEntries: 11 });
  await refusesTar([{ path: "x", type: "L", size: 1e9 }], "found one that is too long");
});

Deno.test("unpackTar() says where an archive is damaged", async () => {
  const good = tar([{ path: "a", content: "x".repeat(700) }, { path: "b", content: "y" }]);
  await refusesTar(good.slice(0, 100), "a header at byte 0");
  await refusesTar(good.slice(0, 1000), "the end");
  await refusesTar(good.slice(0, 512 + 700), "padding at byte 1212");
  await refusesTar(good.slice(0, 512 + 1024), "a header at byte 1536");
  await refusesTar(good.with(1540, 99), "a tar header at byte 1536");
  await refusesTar(new TextEncoder().encode("<p>Log in</p>".repeat(99)), "a tar header at byte 0");
  await refusesTar([{ path: "a", type: "x", content: "no records" }], "records");
  await refusesTar([{ path: "a", type: "x", content: record("size", "1e3") }], "records");
});

Deno.test("unpackTar() of damaged archives: an error or a result, and nothing outside", async () => {
  const good = tar([
    { path: "a/", type: "5" },
    { path: "x", type: "x", content: record("path", "a/long") },
    { path: "a/b", content: "x".repeat(600) },
    { path: "c", content: "y" },
  ]);
  let seed = 1;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    const bytes = good.slice(0, i % 4 === 0 ? random(good.length) : good.length);
    for (let n = 1 + random(4); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
    await inBox((folder) =>
      unpackTar(stream(bytes), folder, { name: "a.tar", limits }).catch(({ message }) => {
        assert(/^Expected .*a\.tar/.test(message), message);
        refused++;
      })
    );
  }
  assert(refused > 50 && refused < 150, `${refused} of 200 refused`);
});

const hasTar = (await new Deno.Command("tar", { args: ["--version"] }).output().catch(() => null))?.success === true;
for (const format of ["ustar", "gnu", "pax", "v7"]) {
  Deno.test({
    name: `unpackTar() unpacks what tar packs, format ${format}`,
    ignore: lacks("tar", hasTar),
    fn: async () => {
      const source = await Deno.makeTempDir();
      const name = format === "ustar" || format === "v7" ? "short" : `${"n".repeat(90)}/${"ü".repeat(60)}`;
      try {
        await Deno.mkdir(`${source}/${name}`, { recursive: true });
        for (const size of [0, 1, 511, 512, 513, 70_000]) {
          await Deno.writeTextFile(`${source}/${name}/${size}`, "z".repeat(size));
        }
        const { stdout } = await new Deno.Command("tar", { args: ["-c", `--format=${format}`, "-C", source, "."] })
          .output();
        assertEquals(await untar(stdout as Uint8Array<ArrayBuffer>), await tree(source));
      } finally {
        await Deno.remove(source, { recursive: true });
      }
    },
  });
}

async function refusesZip(files: Zippable | Uint8Array, text: string, options = limits): Promise<void> {
  await inBox(async (folder, box) => {
    await Deno.writeFile(`${box}/archive`, files instanceof Uint8Array ? files : zipSync(files));
    const { message } = await assertRejects(
      () => unpackZip(`${box}/archive`, folder, { limits: options }),
      Error,
      text,
    );
    assert(message.includes(`${box}/archive`), message);
  });
}

const bytes = new TextEncoder().encode("contents ".repeat(1000));

Deno.test("unpackZip() unpacks stored and deflated files, or those that are chosen", async () => {
  const archive = zipSync({
    "a/b": bytes,
    "a/stored": [bytes, { level: 0 }],
    "empty/": new Uint8Array(),
    c: new Uint8Array(),
  });
  const unzip = (only?: (path: string) => boolean) =>
    inBox(async (folder, box) => {
      await Deno.writeFile(`${box}/archive`, archive);
      await unpackZip(`${box}/archive`, folder, { limits, ...(only ? { only } : {}) });
    });
  const text = new TextDecoder().decode(bytes);
  assertEquals(await unzip(), { "a/": "", "a/b": text, "a/stored": text, c: "", "empty/": "" });
  assertEquals(await unzip((path) => path === "a/b"), { "a/": "", "a/b": text });
});

Deno.test("unpackZip() refuses what would leave the folder, links, bombs and damage", async () => {
  for (const path of ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\evil", "../", "/"]) {
    await refusesZip({ [path]: bytes }, `at ${JSON.stringify(path)}`);
  }
  const unix = (mode: number) => ({ os: 3, attrs: mode * 2 ** 16 }) as const;
  await refusesZip({ link: [new TextEncoder().encode("../precious"), unix(0o120777)] }, 'at "link"');
  await refusesZip({ pipe: [new Uint8Array(), unix(0o010644)] }, 'at "pipe"');
  await refusesZip({ device: [new Uint8Array(), unix(0o060644)] }, 'at "device"');

  await refusesZip({ bomb: new Uint8Array(2e6) }, "more than 1000000 bytes");
  await refusesZip({ a: bytes, b: bytes }, "more than 1 entries", { ...limits, maxEntries: 1 });

  const good = zipSync({ a: bytes }), view = new DataView(good.buffer);
  const directory = view.getUint32(good.length - 6, true);
  /** The archive with a number in its directory changed. */
  const changed = (at: number, value: number) => {
    const copy = good.slice();
    new DataView(copy.buffer).setUint32(directory + at, value, true);
    return copy;
  };
  await refusesZip(changed(24, 100), "damaged after"); // claims to be smaller
  await refusesZip(changed(24, 1e9), "damaged after"); // claims to be larger
  await refusesZip(changed(16, 1), "damaged after"); // another checksum
  await refusesZip(changed(20, 1e9), "damaged after"); // claims to be longer than the archive
  await refusesZip(changed(42, 7), "found no header");
  await refusesZip(changed(42, 1e9), "bytes at byte 1000000000");
  await refusesZip(changed(8, 0x00080001), "encrypted");
  await refusesZip(changed(10, 99), "method 99");
  await refusesZip(good.with(60, good[60]! ^ 255), "damaged after");
  await refusesZip(good.slice(0, -30), "no directory");
  await refusesZip(good.slice(20), "Expected");
  await refusesZip(bytes, "no directory");
  await refusesZip(new Uint8Array(), "no directory");
});
