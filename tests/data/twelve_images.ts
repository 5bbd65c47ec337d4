/**
 * A folder as of MS COCO 2014 with twelve drawn images of 48×32 pixels: gaps between the numbers of images and classes, a
 * crowd as run lengths, an image without annotations, a grey one, instances that overlap in both orders, and one name of a
 * file in both splits.
 */
import sharp from "sharp";

/** Width and height of all images. */
export const SIZE: Readonly<Record<"width" | "height", number>> = { width: 48, height: 32 };

/** Classes by COCO's number. */
const CATEGORIES = [
  { id: 90, name: "toothbrush" },
  { id: 13, name: "stop sign" },
  { id: 18, name: "dog" },
];

const COLOURS: Record<number, string> = { 13: "#c82020", 18: "#20a040", 90: "#3040d0" };

/** A rectangle of a class: x, y, width, height; a crowd is written as run lengths. */
interface Box {
  readonly category: number;
  readonly at: readonly [x: number, y: number, width: number, height: number];
  readonly crowd?: true;
}

const [sign, dog, brush] = [13, 18, 90].map((category) => (...at: Box["at"]): Box => ({ category, at }));

/** Images by number: the name of the file, and its instances in their order. */
export const TWELVE: Readonly<
  Record<string, readonly (readonly [id: number, fileName: string, boxes: readonly Box[]])[]>
> = {
  train2014: [
    [9, "COCO_train2014_000000000009.jpg", [sign!(4, 4, 16, 16)]],
    [25, "COCO_train2014_000000000025.jpg", [dog!(8, 6, 20, 20)]],
    [30, "COCO_train2014_000000000030.jpg", [sign!(4, 4, 20, 20), dog!(16, 8, 20, 20)]], // the dog lies on the sign
    [34, "COCO_train2014_000000000034.jpg", [dog!(16, 8, 20, 20), sign!(4, 4, 20, 20)]], // the other way round
    [36, "COCO_train2014_000000000036.jpg", []],
    [49, "grey.jpg", [brush!(10, 10, 20, 8)]],
    [61, "COCO_train2014_000000000061.jpg", [{ category: 18, at: [0, 0, 40, 32], crowd: true }, sign!(8, 8, 8, 8)]],
    [581921, "same.jpg", [brush!(4, 4, 24, 6), brush!(4, 20, 24, 6)]],
  ],
  val2014: [
    [42, "COCO_val2014_000000000042.jpg", [dog!(6, 6, 16, 16)]],
    [73, "same.jpg", [sign!(20, 4, 16, 16)]],
    [74, "COCO_val2014_000000000074.jpg", [brush!(4, 8, 30, 8)]],
    [133, "COCO_val2014_000000000133.jpg", [sign!(2, 2, 14, 14), dog!(24, 10, 16, 16)]],
  ],
};

/** Plain run lengths of a rectangle, column by column. */
function counts([x, y, width, height]: Box["at"]): number[] {
  const lengths: number[] = [];
  let outside = x * SIZE.height + y;
  for (let column = 0; column < width; column++) {
    if (outside > 0 || lengths.length === 0) lengths.push(outside, height);
    else lengths[lengths.length - 1]! += height; // goes on from the column before
    outside = SIZE.height - height;
  }
  lengths.push(SIZE.width * SIZE.height - lengths.reduce((sum, length) => sum + length, 0));
  return lengths;
}

/** The contents of `annotations/instances_<split>.json`. */
export function annotationsOf(split: string): object {
  let number = 0;
  return {
    info: { description: "Drawn images", year: 2014 },
    images: TWELVE[split]!.map(([id, file_name]) => ({ id, file_name, ...SIZE, license: 1 })),
    licenses: [],
    annotations: TWELVE[split]!.flatMap(([image_id, , boxes]) =>
      boxes.map(({ category, at, crowd }) => {
        const [x, y, width, height] = at, right = x + width, bottom = y + height;
        return {
          segmentation: crowd
            ? { size: [SIZE.height, SIZE.width], counts: counts(at) }
            : [[x, y, right, y, right, bottom, x, bottom]],
          ...{ area: width * height, iscrowd: crowd ? 1 : 0, image_id, bbox: at, category_id: category },
          id: 100 * image_id + number++,
        };
      })
    ),
    categories: CATEGORIES,
  };
}

/** Makes the folder: `train2014`, `val2014` and `annotations`. */
export async function makeTwelve(root: string): Promise<void> {
  await Deno.mkdir(`${root}/annotations`, { recursive: true });
  for (const [split, images] of Object.entries(TWELVE)) {
    await Deno.mkdir(`${root}/${split}`, { recursive: true });
    await Deno.writeTextFile(`${root}/annotations/instances_${split}.json`, JSON.stringify(annotationsOf(split)));
    for (const [, fileName, boxes] of images) {
      const drawn = boxes.map(({ category, at: [x, y, width, height] }) =>
        `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${COLOURS[category]}"/>`
      );
      const picture = `<svg width="${SIZE.width}" height="${SIZE.height}"><rect width="100%" height="100%" ` +
        `fill="#808080"/>${drawn.join("")}</svg>`;
      const image = sharp(new TextEncoder().encode(picture)).flatten();
      await (fileName === "grey.jpg" ? image.greyscale() : image).jpeg().toFile(`${root}/${split}/${fileName}`);
    }
  }
}
