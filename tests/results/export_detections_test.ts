import { assert, assertEquals } from "../assert.ts";
import { exportLabels } from "../../lib/results/export_labels.ts";
import { main } from "../../lib/command_line/main.ts";
import { encodeNpz } from "../../lib/files/npz.ts";
import { decodePng } from "../../lib/files/png.ts";
import { flagsOf, withLabels } from "../run/labelled.ts";

Deno.test("exportLabels() writes what Mask R-CNN found as COCO's results and as VOC's folders", async () => {
  await withLabels(async ({ config, workdir }) => {
    const height = 20, width = 30, stage = "mask_rcnn_irnet";
    const mask = new Uint8Array(2 * height * width);
    mask.fill(1, 0, 3 * width); //                                            the upper three rows
    mask.fill(1, height * width + 17 * width); //                             the lower three
    await Deno.mkdir(`${workdir}/${stage}`);
    for (const id of ["one", "two", "three", "four"]) {
      const count = id === "four" ? 0 : 2;
      const found = {
        score: { shape: [count], data: Float32Array.of(0.75, 0.125).subarray(0, count) },
        class: { shape: [count], data: Int32Array.of(1, 0).subarray(0, count) },
        mask: { shape: [count, height, width], data: mask.subarray(0, count * height * width) },
      };
      await Deno.writeFile(`${workdir}/${stage}/${id}.npz`, encodeNpz(found));
    }
    const out = `${workdir}/found.json`;
    await exportLabels(config, { workdir, format: "coco-results", stage, list: "train", out });
    const results = JSON.parse(await Deno.readTextFile(out));
    assertEquals(results.length, 6);
    assertEquals([results[0].image_id, results[0].category_id, results[0].score], [1, 2, 0.75]);
    assertEquals([results[0].bbox, results[1].bbox], [[0, 0, 30, 3], [0, 17, 30, 3]]);
    await exportLabels(config, { workdir, format: "voc", stage, list: "train", out: `${workdir}/voc` });
    const { data } = decodePng(await Deno.readFile(`${workdir}/voc/SegmentationClass/one.png`), "one");
    assertEquals([data[0], data[10 * width], data[19 * width]], [2, 0, 1]);
    const folders = Array.from(Deno.readDirSync(`${workdir}/voc`), ({ name }) => name).sort();
    assertEquals(folders, ["ImageSets", "SegmentationClass", "SegmentationObject"], "semantic labels are IRNet's");
  });
});

Deno.test("export --stage takes the stages that make instances", async () => {
  await withLabels(async (labelled) => {
    const lines: string[] = [];
    const code = async (...flags: string[]) => {
      const { error } = console;
      console.error = (text) => void lines.push(text);
      return await main(["export", ...flagsOf(labelled), ...flags]).finally(() => console.error = error);
    };
    assertEquals(await code("--stage", "semantic"), 2);
    assert(lines.join("\n").includes("Expected --stage instance, mask_rcnn_irnet, mask_rcnn_truth but found semantic"));
    assertEquals(await code("--stage", "instance", "--ground-truth"), 2);
    assert(lines.join("\n").includes("Expected no --stage with --ground-truth"));
  });
});
