import { join } from "node:path";
import sharp from "sharp";
import type { RgbImage } from "../image.ts";
import { encodePng } from "../../files/png.ts";
import { random } from "../random.ts";
import { drawScene, SAMPLE_CLASSES, type Scene } from "./draw_scene.ts";

/** Options of {@linkcode generateSample}. */
export interface GenerateSampleOptions {
  /** Seed of all draws: every one gives other images, the same one the same files, byte by byte. */
  readonly seed: number;
  /** Folder of the data set; made where it is missing. */
  readonly out: string;
  /** Images of each kind. Default: 160 for training, 160 for validation, 56 without any object. */
  readonly counts?: { readonly train: number; readonly val: number; readonly empty: number };
  /** Called after every image. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Writes the sample data set: small images of four kinds of creatures, drawn rather than photographed, in the layout
 * of VOC. The whole method can be tried on them in minutes.
 *
 * | path | content |
 * |---|---|
 * | `JPEGImages/<id>.png` | 160×160 pixels, lossless |
 * | `Annotations/<id>.xml` | names and boxes of the objects; none in the empty images |
 * | `SegmentationClass/<id>.png`, `SegmentationObject/<id>.png` | ground truth |
 * | `ImageSets/Segmentation/` | `train.txt`, `val.txt`, and `train_classifier.txt`: train and the empty images |
 *
 * The lists are written last: where they are, the data set is complete.
 *
 * @throws RangeError if a count is not a whole number.
 * @example
 * ```ts
 * import { generateSample } from "./generate_sample.ts";
 * await generateSample({ seed: 0, out: "out/sample-data" });
 * ```
 */
export async function generateSample(
  { seed, out, counts = { train: 160, val: 160, empty: 56 }, progress }: GenerateSampleOptions,
): Promise<void> {
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isInteger(count) && count >= 0)) {
      throw new RangeError(`Expected a whole number of ${name} images but found ${count}`);
    }
  }
  for (const folder of ["JPEGImages", "Annotations", "SegmentationClass", "SegmentationObject"]) {
    await Deno.mkdir(join(out, folder), { recursive: true });
  }
  const total = counts.train + counts.val + counts.empty;
  let done = 0;
  const ids: Record<keyof typeof counts, string[]> = { train: [], val: [], empty: [] };
  for (const kind of ["train", "val", "empty"] as const) {
    for (let i = 0; i < counts[kind]; i++) {
      const id = `${kind}_${String(i + 1).padStart(4, "0")}`;
      const scene = drawScene(random(seed, kind, i), { empty: kind === "empty" });
      await writeScene(scene, { id, out });
      ids[kind].push(id);
      progress?.(++done, total);
    }
  }
  const lists = join(out, "ImageSets", "Segmentation");
  await Deno.mkdir(lists, { recursive: true });
  const contents = { train: ids.train, val: ids.val, train_classifier: [...ids.train, ...ids.empty] };
  for (const [name, list] of Object.entries(contents)) {
    await Deno.writeTextFile(join(lists, `${name}.txt`), list.map((id) => `${id}\n`).join(""));
  }
}

async function writeScene(scene: Scene, { id, out }: { id: string; out: string }): Promise<void> {
  await Deno.writeFile(join(out, "JPEGImages", `${id}.png`), await encodeImage(scene.image));
  await Deno.writeTextFile(join(out, "Annotations", `${id}.xml`), annotation(scene, id));
  await Deno.writeFile(join(out, "SegmentationClass", `${id}.png`), encodePng(scene.classMask));
  await Deno.writeFile(join(out, "SegmentationObject", `${id}.png`), encodePng(scene.instanceMask));
}

async function encodeImage({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer();
}

/** VOC's XML; boxes count from 1 and include their last pixel. */
function annotation({ image, objects }: Scene, id: string): string {
  const object = ({ classIndex, box }: Scene["objects"][number]) =>
    `  <object>
    <name>${SAMPLE_CLASSES[classIndex]}</name>
    <difficult>0</difficult>
    <bndbox>
      <xmin>${box.left + 1}</xmin>
      <ymin>${box.top + 1}</ymin>
      <xmax>${box.right + 1}</xmax>
      <ymax>${box.bottom + 1}</ymax>
    </bndbox>
  </object>
`;
  return `<annotation>
  <folder>sample</folder>
  <filename>${id}.png</filename>
  <size>
    <width>${image.width}</width>
    <height>${image.height}</height>
    <depth>3</depth>
  </size>
  <segmented>1</segmented>
${objects.map(object).join("")}</annotation>
`;
}
