import { presets } from "../../lib/config/config.ts";
import type { ImageRecord } from "../../lib/evaluation/mod.ts";
import { encodeNpz } from "../../lib/files/npz.ts";
import { galleryEntries, spreadOverClasses } from "../../lib/stages/report_pictures.ts";
import type { StageContext } from "../../lib/run/stage.ts";
import type { LabelMap } from "../../lib/data/mod.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";

Deno.test("spreadOverClasses() takes the first image of every class, then the second, in the order of the list", () => {
  const classes: Record<string, number[]> = { a: [0], b: [0], c: [1], d: [0, 1], e: [2], f: [] };
  const spread = (count: number) =>
    spreadOverClasses(Object.keys(classes), { labels: (id) => classes[id]!, count }).join("");
  assertEquals(spread(0), "");
  assertEquals(spread(1), "a");
  assertEquals(spread(2), "ac");
  assertEquals(spread(3), "ace");
  assertEquals(spread(4), "abce");
  assertEquals(spread(99), "abcde");
});

const HEIGHT = 8, WIDTH = 12;

/** One image with all stages' files, kept in memory. */
function context({ trained }: { trained: boolean }): { context: StageContext; stored: Map<string, Uint8Array> } {
  const size = HEIGHT * WIDTH, small = 2 * 3;
  const map = (value: number): LabelMap => ({
    height: HEIGHT,
    width: WIDTH,
    data: new Uint8Array(size).fill(value),
  });
  const stored = new Map<string, Uint8Array>([
    [
      "cam/x.npz",
      encodeNpz({
        keys: { shape: [1], data: Int32Array.of(0) },
        cam: { shape: [1, 2, 3], data: new Float32Array(small).fill(0.5) },
        high_res: { shape: [1, HEIGHT, WIDTH], data: new Float32Array(size).fill(0.5) },
      }),
    ],
    [
      "irnet/x.npz",
      encodeNpz({
        boundary: { shape: [2, 3], data: new Float32Array(small) },
        displacement: { shape: [2, 2, 3], data: new Float32Array(2 * small) },
      }),
    ],
    [
      "instance/x.npz",
      encodeNpz({
        score: { shape: [1], data: Float32Array.of(0.9) },
        class: { shape: [1], data: Int32Array.of(0) },
        mask: { shape: [1, HEIGHT, WIDTH], data: map(1).data },
      }),
    ],
    ["semantic/x.png", encodePng(map(1), {})],
    ["relation/x.png", encodePng(map(255), {})],
  ]);
  const lists: Record<string, string[]> = { infer: ["x"], train: trained ? ["x"] : [], exact: [] };
  const { data } = presets.sample;
  const path = (stage: string, file: string) => `${stage}/${file}`;
  const read = (stage: string, file: string) => Promise.resolve(stored.get(path(stage, file)) ?? null);
  return {
    stored,
    context: {
      config: { ...presets.sample, data: { ...data, inferList: "infer", trainList: "train", instanceList: "exact" } },
      dataset: {
        classes: ["round", "cross"],
        list: (name) => lists[name]!,
        labels: () => [0],
        imagePath: () => "x.jpg",
        readImage: () => Promise.resolve({ height: HEIGHT, width: WIDTH, data: new Uint8Array(size * 3) }),
        readFullImage: () => Promise.reject(new Error("Expected not to be read")),
        imageSize: () =>
          Promise.resolve({ full: { height: HEIGHT, width: WIDTH }, reading: { height: HEIGHT, width: WIDTH } }),
        readClassMask: () => Promise.resolve(map(1)),
        hasMasks: false,
        maskPaths: () => ["", ""],
        readInstanceMask: () => Promise.reject(new Error("Expected not to be read")),
      },
      files: {
        path,
        read,
        require: async (stage, file) => {
          const bytes = await read(stage, file);
          if (!bytes) throw new Error(`run the stage ${stage} first`);
          return bytes;
        },
        write: (stage, file, bytes) => Promise.resolve(void stored.set(path(stage, file), bytes)),
        appendLog: () => Promise.resolve(),
      },
      signal: new AbortController().signal,
      progress: () => {},
    },
  };
}

const record: ImageRecord = {
  ...{ id: "x", classes: ["round"], miou: 65.7, reason: "round: 29 % missed, called background" },
  ...{ instances: null, semantic: null, cam: null, overlaps: null },
};
const once = { count: 1, writes: true };

Deno.test("galleryEntries() draws what every stage made of an image, with what is known of it", async () => {
  const { context: inference, stored } = context({ trained: false });
  const [entry] = await galleryEntries(inference, [record], once);
  assertEquals([entry!.id, entry!.labels, entry!.iou, entry!.mistake], ["x", ["round"], 65.7, record.reason]);
  const names = ["Photograph", "CAM", "Boundary", "Displacement", "Instance map", "Pseudo instances", "Pseudo labels"];
  assertEquals(entry!.layers.map(({ name }) => name), [...names, "Truth"]);
  const written = () => [...stored.keys()].filter((file) => file.startsWith("evaluation/")).sort()[0];
  assertEquals(written(), "evaluation/pictures/x_boundary.png");
  for (const { picture } of entry!.layers) assertEquals(new TextDecoder().decode(picture.subarray(8, 12)), "WEBP");
});

Deno.test("galleryEntries() shows confident labels of training images, and writes nothing where it is told so", async () => {
  const { context: inference, stored } = context({ trained: true });
  const [entry] = await galleryEntries(inference, [record], { count: 1, writes: false });
  assert(entry!.layers.some(({ name }) => name === "Confident labels"));
  assert(![...stored.keys()].some((file) => file.startsWith("evaluation/")));
});

Deno.test("galleryEntries() names the stage whose file is missing", async () => {
  const { context: incomplete, stored } = context({ trained: false });
  stored.delete("semantic/x.png");
  const error = await assertRejects(() => galleryEntries(incomplete, [record], once), Error);
  assertEquals(error.message, "run the stage semantic first");
});
