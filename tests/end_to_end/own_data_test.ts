/** From a folder of someone's images to a COCO file, by the three commands of the README. */
import sharp, { type Sharp } from "sharp";
import { assert, assertEquals } from "../assert.ts";

const project = new URL("../..", import.meta.url).pathname;

/** Runs a task with the permissions that it has. */
async function task(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: ["task", "--quiet", ...args], cwd: project });
  const { code, stdout, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const classes = ["ball", "fire truck", "kite", "leaf"];
const colours = [[40, 90, 210], [230, 160, 20], [210, 40, 40], [40, 160, 60]] as const;

/** Forty pictures of twelve kinds, each of one or two classes, and `labels.json` with the names of their files. */
async function makeImages(folder: string): Promise<void> {
  const labels: Record<string, string[]> = {};
  for (let n = 0; n < 40; n++) {
    const [width, height] = n % 3 === 0 ? [60, 44] : n % 3 === 1 ? [44, 60] : [52, 52];
    const shown = n % 5 === 0 ? [n % 4, (n + 1) % 4] : [n % 4];
    const data = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const half = Math.min(shown.length - 1, Math.floor(x * 2 / width));
        const left = shown.length === 1 ? width / 2 : width * (half * 2 + 1) / 4;
        const isInside = Math.abs(x - left) + Math.abs(y - height / 2) < 10 + n % 4;
        data.set(isInside ? colours[shown[half]!]! : [150 - n, 150, 150 + (x * 7 + y * 5) % 16], (y * width + x) * 3);
      }
    }
    const picture = () => sharp(data, { raw: { width, height, channels: 3 } });
    const kinds: [extension: string, write: (picture: Sharp) => Sharp][] = [
      ["png", (picture) => picture.png()],
      ["jpg", (picture) => picture.jpeg()],
      ["webp", (picture) => picture.webp()],
      ["tif", (picture) => picture.tiff()],
      ["JPEG", (picture) => picture.withMetadata({ orientation: 6 }).jpeg()],
      ["jpg", (picture) => picture.toColourspace("cmyk").jpeg()],
      ["png", (picture) => picture.greyscale().png()],
      ["png", (picture) => picture.toColourspace("rgb16").png()],
      ["png", (picture) => picture.ensureAlpha(0.9).png()],
      ["png", (picture) => picture.png({ palette: true })],
      ["tiff", (picture) => picture.greyscale().toColourspace("grey16").tiff()],
      ["webp", (picture) => picture.ensureAlpha(0.9).webp()],
    ];
    const [extension, write] = kinds[n % kinds.length]!;
    const file = `my picture ${n}.${extension}`;
    await write(picture()).toFile(`${folder}/${file}`);
    labels[file] = shown.map((index) => classes[index]!);
  }
  await Deno.writeTextFile(`${folder}/labels.json`, JSON.stringify(labels));
}

/** Few and small steps, for the sake of time. */
const quick = [
  ...["backbone.pretraining.epochs=10", "backbone.pretraining.crop=48", "cam.training.epochs=1", "cam.scales=1"],
  ...["irnet.training.epochs=1", "irnet.training.crop=48", "irnet.crop=48", "walk.steps=4", "evaluation.pictures=1"],
].flatMap((setting) => ["--set", setting]);

Deno.test("init, pipeline and export make a COCO file of a folder of images in forty mixed files", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = `${root}/my data`, workdir = `${root}/out`, config = `${folder}/irnet.json`;
    await Deno.mkdir(folder);
    await makeImages(folder);

    const found = await task("init", folder);
    assert(/images +40: 16 png, 10 jpeg, 7 tiff, 7 webp/.test(found) && found.includes("4 classes"), found);
    const results = await task("pipeline", "--config", config, "--workdir", workdir, ...quick);
    assert(results.includes("CAMs and pseudo labels are not judged: no image of all has ground truth"), results);
    await task("export", "--config", config, "--workdir", workdir);

    const coco = JSON.parse(await Deno.readTextFile(`${workdir}/export/instances.json`));
    assertEquals(coco.categories.map(({ name }: { name: string }) => name), classes);
    assertEquals(coco.images.length, 40);
    assert(coco.annotations.length > 0);
    const turned = coco.images.find(({ file_name }: { file_name: string }) => file_name.includes("my picture 4."));
    assertEquals([turned.file_name, turned.width, turned.height], ["my picture 4.JPEG", 60, 44]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
