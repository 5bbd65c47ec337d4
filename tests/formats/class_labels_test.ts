import { assert, assertEquals, assertThrows } from "../assert.ts";
import { decodeClassLabels, encodeClassLabels } from "../../lib/formats/mod.ts";
import { labelsIn } from "../data/labels_in.ts";
import { inFolder } from "../in_folder.ts";
import { hasPython, lacks, runPython } from "../needs.ts";

const rows = new Map([["2007_000032", [0, 14]], ["2012_004331", []], ["9999_000001", [19]]]);

Deno.test("class labels are read as they were written: VOC's and COCO's ids as their digits, others as they are", () => {
  const { classes, rows: found } = decodeClassLabels(encodeClassLabels(rows, 20), "cls_labels.npy");
  assertEquals([classes, ...found], [20, ["2007000032", [0, 14]], ["2012004331", []], ["9999000001", [19]]]);
  const coco = decodeClassLabels(encodeClassLabels(new Map([["000000000009", [1]]]), 80), "cls_labels.npy");
  assertEquals([coco.classes, ...coco.rows], [80, ["9", [1]]]);
  const others = decodeClassLabels(encodeClassLabels(new Map([["ä", [0]], ["b", []]]), 2), "cls_labels.npy");
  assertEquals([...others.rows], [["ä", [0]], ["b", []]]);
});

Deno.test("class labels are found for images of VOC and COCO; 20 classes are VOC's, others have to be told", async () => {
  const voc = encodeClassLabels(rows, 20);
  const images = ["JPEGImages/2007_000032.jpg", "JPEGImages/2012_004331.jpg"];
  assertEquals(await labelsIn({ "cls_labels.npy": voc }, { images, labels: null }), {
    "2007_000032": ["aeroplane", "person"],
    "2012_004331": [],
  });
  const two = encodeClassLabels(new Map([["000000000009", [1]], ["000000000025", [0, 1]]]), 2);
  for (const prefix of ["", "COCO_train2014_"]) {
    const [a, b] = ["000000000009", "000000000025"].map((id) => prefix + id) as [string, string];
    const options = { images: [`${a}.jpg`, `${b}.jpg`], classes: ["dog", "cat"] };
    assertEquals(await labelsIn({ "x.npy": two }, options), { [a]: ["cat"], [b]: ["cat", "dog"] });
  }
  assertEquals(
    await labelsIn({ "x.npy": two }, { images: ["9.jpg"] }),
    "Expected --classes for the vectors in */x.npy but found vectors of 2",
  );
  assertEquals(
    await labelsIn({ "x.npy": two }, { images: ["9.jpg"], classes: ["a", "b", "c"] }),
    "Expected vectors of the 3 classes in data.classes in */x.npy but found vectors of 2",
  );
});

const PYTHON = `
import json, sys, numpy as np
folder = sys.argv[1]
found = np.load(folder + "/ours.npy", allow_pickle=True).item()
print(json.dumps([[k, str(v.dtype), v.nonzero()[0].tolist()] for k, v in found.items()]))
eye = np.eye(3, dtype=np.float32)
np.save(folder + "/0.npy", {2007000032: eye[1], np.int64(2007000039): eye[2].astype(bool), np.int32(9): eye[0].astype(int)})
np.save(folder + "/1.npy", {"a": eye[1] * 0.5})
np.save(folder + "/2.npy", {"a": eye[1], "b": eye[1][:2]})
np.save(folder + "/3.npy", eye)
`;
const ignore = lacks("numpy", await hasPython("numpy"));
Deno.test({ name: "NumPy opens class labels, and its own are read or refused", ignore }, async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/ours.npy`, encodeClassLabels(rows, 20));
    assertEquals(JSON.parse(await runPython(["-W", "error", "-c", PYTHON, folder])), [
      [2007000032, "float32", [0, 14]],
      [2012004331, "float32", []],
      [9999000001, "float32", [19]],
    ]);
    const read = async (n: number) => decodeClassLabels(await Deno.readFile(`${folder}/${n}.npy`), "x.npy");
    assertEquals(new Map((await read(0)).rows), new Map([["9", [0]], ["2007000032", [1]], ["2007000039", [2]]]));
    for (
      const [n, message] of [
        [1, "Expected 0 or 1 for a in x.npy but found 0.5"],
        [2, "Expected a vector of 3 classes for b in x.npy but found [2]"],
        [3, "Expected one dictionary of arrays in x.npy"],
      ] as const
    ) {
      const bytes = await Deno.readFile(`${folder}/${n}.npy`);
      const error = assertThrows(() => decodeClassLabels(bytes, "x.npy"), Error) as Error;
      assert(error.message.includes(message), error.message);
    }
  });
});
