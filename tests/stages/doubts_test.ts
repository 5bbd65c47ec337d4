import { presets } from "../../lib/config/config.ts";
import { resultDoubts } from "../../lib/stages/doubts.ts";
import { assertEquals } from "../assert.ts";

/** Twelve images, every second with a cat, the first six with a dog; files as given. */
function context(files: Record<string, unknown>, cam = presets.lite.cam): Parameters<typeof resultDoubts>[0] {
  const ids = Array.from({ length: 12 }, (_, i) => `img${i}`);
  const labels = (id: string) => [...Number(id.slice(3)) % 2 === 0 ? [0] : [], ...Number(id.slice(3)) < 6 ? [1] : []];
  const read = (stage: string, file: string) => {
    const content = files[`${stage}/${file}`];
    return Promise.resolve(content === undefined ? null : new TextEncoder().encode(JSON.stringify(content)));
  };
  return {
    config: { ...presets.lite, cam },
    dataset: { classes: ["cat", "dog"], list: () => ids, labels } as unknown as Parameters<
      typeof resultDoubts
    >[0]["dataset"],
    files: { read, require: read } as unknown as Parameters<typeof resultDoubts>[0]["files"],
  };
}

/** Logits that know dogs, and give every image the same chance to show a cat. */
const logits = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`img${i}`, [0.5, i < 6 ? 2 : -2]]));

Deno.test("resultDoubts() names poor classifiers, and labelled images without an instance with the reason", async () => {
  const files = {
    "cam_train/training.json": logits,
    "instance/img3.json": { missing: [{ class: 1, why: "it has no class attention map" }] },
    "instance/img9.json": { missing: [{ class: 0, why: "not asked for" }] },
  };
  assertEquals(await resultDoubts(context(files), ["img2", "img3"]), {
    classes: [
      "class cat: the classifier is poor, average precision 50.0 on 12 training images (6 with it), by chance 50.0",
    ],
    images: ["img3: no instance of dog: it has no class attention map"],
  });
});

Deno.test("resultDoubts() has no doubts where there are no files, nor about a classifier that was not used", async () => {
  assertEquals(await resultDoubts(context({}), ["img1"]), { classes: [], images: [] });
  const files = context({ "cam_train/training.json": logits }, { ...presets.lite.cam, from: "maps" });
  assertEquals(await resultDoubts(files, ["img1"]), { classes: [], images: [] });
});
