import { zipSync } from "fflate";
import { assert, assertEquals } from "../assert.ts";
import { makeTwelve, TWELVE } from "../data/twelve_images.ts";
import { inFolder } from "../in_folder.ts";
import { goodAnswer, withServer } from "./_server.ts";
import { facts, names, run } from "./_task.ts";

const words = { source: "", licence: "", note: "the right one" };

/** The archives of a folder, and a registry of them. */
async function archivesOf(root: string): Promise<{ archives: Map<string, Uint8Array>; registry: object }> {
  const archives = new Map<string, Uint8Array>(), registry: Record<string, object> = {};
  for (const folder of ["train2014", "val2014", "annotations"]) {
    const files: Record<string, Uint8Array> = { [`${folder}/`]: new Uint8Array(0) };
    for (const name of await names(`${root}/${folder}`)) {
      files[`${folder}/${name}`] = await Deno.readFile(`${root}/${folder}/${name}`);
    }
    if (folder === "annotations") files["annotations/captions_train2014.json"] = new Uint8Array(9);
    const bytes = zipSync(files), file = `${folder}.zip`, counts = { [folder]: TWELVE[folder]?.length };
    archives.set(file, bytes);
    registry[`coco2014_${folder}`] = {
      ...{ file, urls: ["http://127.0.0.1:9/"], ...facts(bytes), ...words },
      ...folder === "annotations" ? {} : { counts },
    };
  }
  return { archives, registry };
}

Deno.test("data:coco2014 downloads, unpacks and prepares; takes archives or folders from where they are", () =>
  inFolder(async (folder) => {
    const own = `${folder}/own`;
    await makeTwelve(own);
    const { archives, registry } = await archivesOf(own), path = `${folder}/registry.json`;
    await Deno.writeTextFile(path, JSON.stringify(registry));
    const task = async (...args: string[]) => await run("data:coco2014", ["--registry", path, ...args]);

    const out = `${folder}/out`, root = `${out}/COCO2014`;
    await withServer(
      (asked, ...rest) => goodAnswer(archives.get(asked.path.split("/").at(-1)!)!)(asked, ...rest),
      async (address) => {
        const { code, output } = await task("--out", out, "--mirror", `${address}/zips`);
        assertEquals(code, 0, output);
        assert(output.includes(`--preset coco --voc-root ${root}`), output);
        assert(output.includes("8 images in train2014, 4 images in val2014; 1 of them without any annotation"), output);
        assert(output.includes("1 regions of many objects, which are background"), output);
      },
    );
    assertEquals(await names(out), ["COCO2014", "annotations.zip", "train2014.zip", "val2014.zip"]);
    const made = ["ImageSets", "SegmentationClass", "SegmentationObject", "labels.json"];
    assertEquals(await names(root), [...made, "annotations", "train2014", "val2014"].sort());
    assertEquals(await names(`${root}/annotations`), ["instances_train2014.json", "instances_val2014.json"]);

    const again = await task("--out", out); // without a network
    assertEquals(again.code, 0, again.output);
    const brought = await task("--out", `${folder}/brought`, "--from", out, "--crowd", "ignore");
    assertEquals(brought.code, 0, brought.output);
    assert(brought.output.includes("which are void"), brought.output);
    const there = await task("--from", own);
    assertEquals(there.code, 0, there.output);
    assertEquals(await Deno.readFile(`${own}/labels.json`), await Deno.readFile(`${root}/labels.json`));

    await Deno.remove(`${own}/val2014/same.jpg`);
    const short = await task("--from", own);
    assertEquals(short.code, 1);
    assert(/Expected 4 files in \S*val2014 but found 3/.test(short.output), short.output);
    for (const [args, text] of [[["--crowd", "void"], "void"], [["--from", "/nowhere"], "/nowhere"]] as const) {
      const { code, output } = await task(...args);
      assertEquals(code, 2, output);
      assert(output.includes(text), output);
    }
  }));
