import sharp from "sharp";
import { assert, assertEquals } from "../assert.ts";
import { presets } from "../../lib/config/config.ts";
import { encodeClassLabels } from "../../lib/formats/mod.ts";
import { encodePng } from "../../lib/files/png.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { OwnData } from "../bad_inputs/own_data.ts";

async function withOwnData(work: (own: OwnData) => Promise<void>): Promise<void> {
  const own = await OwnData.make();
  try {
    await Deno.remove(own.path("irnet.json"));
    await work(own);
  } finally {
    await own.remove();
  }
}

const maskOf = (width: number, height: number, value: number) =>
  encodePng({ width, height, data: new Uint8Array(width * height).fill(value) });

Deno.test("init says what is in a folder and writes a configuration that names it", async () => {
  await withOwnData(async (own) => {
    await own.image("more/e.jpg", { width: 20, height: 60 });
    await own.text(
      "labels.json",
      JSON.stringify({ a: ["kite"], b: ["kite", "ball"], c: ["kite"], d: [], "e.jpg": [] }),
    );
    const { code, stdout, stderr } = await own.command("init", own.root);
    assertEquals([code, stderr], [0, ""]);
    for (
      const line of [
        "  images        5: 4 png, 1 jpeg",
        "  sizes         40×30 to 20×60, median 40×30",
        `  labels        ${own.root}/labels.json: 2 classes, 0.8 an image`,
        "  ground truth  none",
        "   1  ball   1",
        "   2  kite   3",
        "  class ball is in 1 image: too few to learn it from",
        "  without any class, as background for the classifier: d, e",
        "  with a side below 32 pixels, of which masks can hardly be made: a, b, c, d, e",
        `  deno task pipeline --config ${own.root}/irnet.json`,
        `  deno task export --config ${own.root}/irnet.json`,
      ]
    ) assert(stdout.includes(`\n${line}`), `Expected ${line} in\n${stdout}`);
    const config = loadConfig({ file: own.path("irnet.json") });
    assertEquals(config.preset, "sample");
    assert(config.workdir!.startsWith(`${Deno.cwd()}/out/${own.root.split("/").at(-1)}-`), config.workdir!);
    const { data } = JSON.parse(await Deno.readTextFile(own.path("irnet.json")));
    assertEquals([data.root, data.labels], [".", "labels.json"]);
    assertEquals(config.data, {
      ...presets.sample.data,
      root: own.root,
      labels: own.path("labels.json"),
      classes: ["ball", "kite"],
      trainList: "all",
      classifierList: null,
      valList: null,
      inferList: "all",
      instanceList: "all",
      meanDisplacementList: null,
    });
    assertEquals(config.backbone.pretraining!.crop, 96, "of images this small");
    assertEquals(config.backbone.pretraining!.epochs, 300, "a step an epoch");
    assertEquals([config.amn.use, config.amn.training.crop, config.amn.training.epochs], [false, 96, 200]);
  });
});

Deno.test("init gives two folders of the same name two working directories", () =>
  withOwnData(async (own) => {
    const names: string[] = [];
    for (const place of ["one/kites", "two/kites", "kites"]) {
      await own.image(`${place}/a.png`, { width: 40, height: 30 });
      await own.text(`${place}/labels.json`, '{"a": ["kite"]}');
      const { code, stderr } = await own.command("init", own.path(place), "--out", own.path(`${place}.json`));
      assertEquals([code, stderr], [0, ""]);
      names.push(loadConfig({ file: own.path(`${place}.json`) }).workdir!.split("/").at(-1)!);
    }
    assertEquals(new Set(names).size, 3);
    for (const name of names) assert(/^kites-[0-9a-f]{4}$/.test(name), name);
  }));

Deno.test("init within the project names all paths from beside the configuration, so that both may be moved", () =>
  withOwnData(async (own) => {
    const here = Deno.cwd();
    await own.text("kites/labels.json", '{"a": ["kite"]}');
    await own.image("kites/a.png", { width: 40, height: 30 });
    Deno.chdir(own.root);
    try {
      assertEquals((await own.command("init", "kites")).code, 0);
      const { workdir, data } = JSON.parse(await Deno.readTextFile("kites/irnet.json"));
      assertEquals([workdir, data.root, data.labels], ["../out/kites", ".", "labels.json"]);
      const config = loadConfig({ file: "kites/irnet.json" });
      assertEquals([config.workdir, config.data.root], ["out/kites", "kites"]);
      assertEquals((await own.command("run", "--config", "kites/irnet.json", "--dry-run")).code, 0);
    } finally {
      Deno.chdir(here);
    }
  }));

Deno.test("init has images read at the size that their preset was made for where some are larger", async () => {
  await withOwnData(async (own) => {
    await own.bytes("w.safetensors", new Uint8Array(8));
    const longSide = async (...args: string[]) => {
      const { stdout } = await own.command("init", own.root, "--force", ...args);
      const { data } = loadConfig({ file: own.path("irnet.json") });
      assertEquals(stdout.includes("larger images are read at this size"), data.longSide !== null, stdout);
      return data.longSide;
    };
    await own.image("a.png", { width: 160, height: 90 });
    assertEquals(await longSide(), null);
    await own.image("a.png", { width: 161, height: 90 });
    assertEquals(await longSide(), 160);
    const lite = ["--preset", "lite", "--weights", own.path("w.safetensors")];
    assertEquals(await longSide(...lite), null);
    await own.image("a.png", { width: 300, height: 501 });
    assertEquals(await longSide(...lite), 500);
    assertEquals(await longSide(), 160);
    const { backbone, irnet, cam } = loadConfig({ file: own.path("irnet.json") });
    assertEquals(
      [backbone.pretraining!.crop, irnet.crop, cam.scales],
      [96, 96, presets.sample.cam.scales],
      "of the median",
    );
  });
});

Deno.test("init leaves out what no run can use, says why, and lists the rest", async () => {
  await withOwnData(async (own) => {
    const whole = await Deno.readFile(own.path("b.png"));
    await own.bytes("b.png", whole.subarray(0, 60));
    await Deno.remove(own.path("labels.json"));
    await own.bytes("c.webp", whole);
    for (const id of ["e", "f", "g", "h"]) await own.image(`${id}.png`, { width: 40, height: 30 });
    await own.bytes("SegmentationClass/e.png", maskOf(30, 40, 1));
    await own.bytes("SegmentationClass/f.png", maskOf(40, 30, 9));
    await own.bytes("SegmentationClass/g.png", maskOf(40, 30, 2));
    await own.bytes("SegmentationObject/h.png", maskOf(1, 1, 1));
    const labels = { a: ["kite"], b: [], c: [], e: ["kite"], f: ["Kite"], g: ["Kite"], h: ["kite"], i: [] };
    await own.text("names.json", JSON.stringify(labels));
    const { code, stdout } = await own.command("init", own.root, "--out", own.path("my.json"));
    assertEquals(code, 0);
    for (
      const line of [
        "b cannot be read: ",
        "c is the name of several files: c.png, c.webp",
        `without labels in ${own.root}/names.json (an empty list would say that no class is shown): d`,
        "the class mask of e has 30×40 pixels, but the image 40×30: it is not judged by",
        "the class mask of f holds the id 9, but classes have 1…2, void 255: it is not judged by",
        "the instance mask of h has 1×1 pixels, but the image 40×30: it is not judged by",
        "labelled, but without an image: i",
        "class Kite (2 images): did you mean kite (3 images)?",
        "the same file under several names: a, d, e, f, g and 1 more",
        "ground truth with classes that the labels do not name: g (2: kite);",
      ]
    ) assert(stdout.includes(`\n  ${line}`), `Expected ${line} in\n${stdout}`);
    assertEquals(await Deno.readTextFile(own.path("my.all.txt")), "a\ne\nf\ng\nh\n");
    assertEquals(loadConfig({ file: own.path("my.json") }).data.inferList, own.path("my.all.txt"));
    assertEquals((await own.command("init", own.root, "--out", own.path("my.json"))).code, 2);
    assertEquals((await own.command("init", own.root, "--out", own.path("my.json"), "--force")).code, 0);
  });
});

Deno.test("init takes VOC's lists, labels of XML, an order of the classes, and weights with their preset", async () => {
  await withOwnData(async (own) => {
    await Deno.remove(own.path("labels.json"));
    await own.text("w.safetensors", "");
    for (const id of ["a", "b", "c", "d"]) {
      const name = id < "c" ? "kite" : "ball";
      await own.text(`Annotations/${id}.xml`, `<annotation><object><name>${name}</name></object></annotation>`);
    }
    await own.text("ImageSets/Segmentation/train.txt", "a\nb\nc\n");
    await own.text("ImageSets/Segmentation/val.txt", "d\n");
    const flags = ["--classes", "kite,ball", "--weights", own.path("w.safetensors")];
    const { code, stderr } = await own.command("init", own.root, ...flags);
    assertEquals([code, stderr], [0, ""]);
    const { preset, data, backbone, cam, synthesis } = loadConfig({ file: own.path("irnet.json") });
    assertEquals([preset, backbone.network, backbone.weights], [
      "lite",
      "efficientnet_lite0",
      own.path("w.safetensors"),
    ]);
    assertEquals([data.classes, data.trainList, data.valList], [["kite", "ball"], "train", "val"]);
    assertEquals([cam.training.epochs, cam.training.optimiser.clip], [200, 3], "a step an epoch");
    assertEquals([synthesis.camPower, synthesis.score], [2, "mean_area"]);
  });
});

/** The plan of a run with the configuration that init wrote. */
async function runs(own: OwnData, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const found = await own.command("init", own.root, "--force", ...args);
  if (found.code !== 0) return found;
  const run = await own.command("run", "--config", own.path("irnet.json"), "--workdir", own.path("out"), "--dry-run");
  assertEquals([run.code, run.stderr], [0, ""]);
  return found;
}

Deno.test("what init writes runs as init read it: columns, numbers, vectors, folders, COCO", async () => {
  await withOwnData(async (own) => {
    await Deno.remove(own.path("labels.json"));
    const dataOf = () => loadConfig({ file: own.path("irnet.json") }).data;
    await own.text("names.csv", "filename,species,age\na.png,kite,1\nb.png,ball,2\nc.png,kite,3\nd.png,,4\n");
    const asked = await own.command("init", own.root);
    assertEquals(asked.code, 1);
    assert(asked.stderr.includes("found species, age; name it by --label-column (data.labelColumn)"), asked.stderr);
    const { stdout } = await runs(own, "--label-column", "species");
    assert(stdout.includes("/names.csv, column species: 2 classes, 0.8 an image"), stdout);
    assertEquals([dataOf().labelColumn, dataOf().classes], ["species", ["ball", "kite"]]);

    await own.text("names.csv", "filename,label\na.png,3\nb.png,7\nc.png,3\nd.png,7\n");
    assert((await own.command("init", own.root, "--force")).stderr.includes("found numbers in the column label"));
    await runs(own, "--classes", "3,7");

    await own.text("names.csv", "filename,cat,dog\na.png,.9,.1\nb.png,.1,.9\nc.png,1,1\nd.png,0,0\n");
    const doubted = await runs(own);
    const doubt = "probabilities in the columns cat, dog: classes of at least 0.5 count";
    assert(doubted.stdout.includes(`\n  ${doubt}`), doubted.stdout);

    await Deno.remove(own.path("names.csv"));
    const vectors = new Map([["a", [0]], ["b", [14]], ["c", []], ["d", []]]);
    await own.bytes("cls_labels.npy", encodeClassLabels(vectors, 20));
    await runs(own);
    assertEquals(dataOf().classes.length, 20);

    await Deno.remove(own.path("cls_labels.npy"));
    for (const id of ["a", "b", "c", "d"]) {
      await Deno.mkdir(own.path(id < "c" ? "cat" : "dog"), { recursive: true });
      await Deno.rename(own.path(`${id}.png`), own.path(`${id < "c" ? "cat" : "dog"}/${id === "c" ? "a" : id}.png`));
    }
    const folders = await runs(own);
    assert(folders.stdout.includes("\n  the names of folders are taken for class names"), folders.stdout);
    assertEquals(dataOf().classes, ["cat", "dog"]);

    const files = ["cat/a.png", "cat/b.png", "dog/a.png", "dog/d.png"];
    const coco = {
      images: files.map((file_name, id) => ({ id, file_name })),
      categories: [{ id: 9, name: "kite" }],
      annotations: [{ id: 1, image_id: 2, category_id: 9 }],
    };
    await own.text("instances.json", JSON.stringify(coco));
    const { stdout: told } = await runs(own, "--labels", own.path("instances.json"));
    assert(told.includes("/instances.json, a file of COCO: 1 classes, 0.3 an image"), told);
  });
});

Deno.test("init refuses classes that a run would refuse, and leaves no file", async () => {
  await withOwnData(async (own) => {
    await Deno.remove(own.path("labels.json"));
    for (const [id, name] of [["a", "cat"], ["b", "dog"], ["c", "person"], ["d", "cat"]]) {
      await own.text(`Annotations/${id}.xml`, `<annotation><object><name>${name}</name></object></annotation>`);
    }
    const { code, stderr } = await own.command("init", own.root, "--classes", "cat,dog");
    assert(code === 1 && stderr.includes("c.xml to be among data.classes but found person"), stderr);
    assert(!(await Array.fromAsync(Deno.readDir(own.root))).some(({ name }) => name === "irnet.json"));
  });
});

const refused: [args: (own: OwnData) => string[], code: number, message: string][] = [
  [() => [], 2, "Expected a folder of images but found none"],
  [() => ["/no/such"], 1, "Expected a folder of images but found none at /no/such"],
  [(own) => [own.root, "--labels", own.path("x.csv")], 1, "x.csv"],
  [(own) => [own.root, "--weights", own.path("x")], 2, "Expected a file for --weights but found none at"],
  [(own) => [own.root, "--preset", "lite"], 2, "Expected --weights with ImageNet weights for the preset lite"],
  [(own) => [own.root, "--preset", "lit"], 2, "found lit; the nearest is lite"],
  [(own) => [own.root, "--classes", "kite,fire"], 1, "found fire truck; the nearest is fire"],
  [
    (own) => [own.root, "--classes", Array.from({ length: 255 }, (_, n) => `c${n}`).join()],
    1,
    "since label maps have a byte a pixel, but found 255",
  ],
  [(own) => [own.root, "--out", own.path("a.png")], 2, "a.png but found it there already; use --force"],
];
for (const [args, code, message] of refused) {
  Deno.test(`init ends with ${code}: ${message}`, async () => {
    await withOwnData(async (own) => {
      const ended = await own.command("init", ...args(own));
      assertEquals(ended.code, code, ended.stderr);
      assert(ended.stderr.includes(message), ended.stderr);
      assert(!(await Array.fromAsync(Deno.readDir(own.root))).some(({ name }) => name === "irnet.json"));
    });
  });
}

Deno.test("init names formats and modes of pictures as people see them", async () => {
  await withOwnData(async (own) => {
    const source = () => sharp({ create: { width: 40, height: 30, channels: 3, background: "red" } });
    for (const id of ["a", "b", "c", "d"]) await Deno.remove(own.path(`${id}.png`));
    await source().withMetadata({ orientation: 6 }).jpeg().toFile(own.path("a.jpg"));
    await source().toColourspace("cmyk").tiff().toFile(own.path("b.tif"));
    await source().toColourspace("rgb16").png().toFile(own.path("c.png"));
    await source().ensureAlpha(0.5).greyscale().webp().toFile(own.path("d.webp"));
    const { stdout } = await own.command("init", own.root);
    const pixels = /\n {2}pixels +(.*)\n/.exec(stdout)![1]!;
    for (const trait of ["1 turned by EXIF", "1 CMYK", "1 more than 8 bits", "1 transparency"]) {
      assert(pixels.includes(trait), stdout);
    }
    assert(stdout.includes("median 40×30") && stdout.includes("sizes         30×40 to"), stdout);
  });
});

Deno.test("init tells masks that are read in another way than they may be meant", () =>
  withOwnData(async (own) => {
    const values = (id: string, ...data: number[]) =>
      own.bytes(
        `SegmentationClass/${id}.png`,
        encodePng(
          { width: 40, height: 30, data: Uint8Array.from({ length: 1200 }, (_, i) => data[i % data.length]!) },
          { palette: null },
        ),
      );
    await values("a", 0, 255);
    await values("b", 0, 2, 255);
    const palette = Uint8Array.of(0, 0, 0, 0, 128, 0),
      recoloured = { width: 40, height: 30, data: new Uint8Array(1200).fill(1) };
    await own.bytes("SegmentationObject/b.png", encodePng(recoloured));
    await own.bytes("SegmentationClass/c.png", encodePng(recoloured, { palette }));
    await own.bytes("SegmentationClass/d.jpg", Uint8Array.of(0xff, 0xd8, 0xff));
    await own.text("labels.json", '{"a": ["kite"], "b": ["truck"], "c": ["truck"], "d": []}');
    const { code, stdout } = await own.command("init", own.root, "--out", own.path("my.json"));
    assertEquals(code, 0);
    for (
      const line of [
        "masks of 0 and 255 alone, which are background and void (a class has its id of the table): a",
        "masks with VOC's colours at other indices, read by their colours: c",
        "masks that are not read, since only PNG is: SegmentationClass/d.jpg",
      ]
    ) assert(stdout.includes(`\n  ${line}`), `Expected ${line} in\n${stdout}`);
    assert(!stdout.includes("Left out") && !stdout.includes("ground truth with classes that"), stdout);
  }));

Deno.test("init lists in a file what is left out, where the sentences name only some of it", () =>
  withOwnData(async (own) => {
    const ids = Array.from({ length: 12 }, (_, i) => `bad${i + 10}`);
    for (const id of ids) await own.text(`${id}.jpg`, "<html><title>404</title></html>");
    await own.text(
      "labels.json",
      JSON.stringify({ a: ["kite"], b: [], c: ["kite"], d: [], ...Object.fromEntries(ids.map((id) => [id, []])) }),
    );
    const { code, stdout } = await own.command("init", own.root, "--out", own.path("my.json"));
    assertEquals(code, 0);
    assert(stdout.includes("and 2 more like it") && stdout.includes(own.path("my.left_out.txt")), stdout);
    const lines = (await Deno.readTextFile(own.path("my.left_out.txt"))).trim().split("\n");
    assertEquals(lines, ids.map((id) => `${id} cannot be read: a page of HTML, as failed downloads leave it`));
  }));

Deno.test("init names a class that is in every image, and with --negatives adds images without it", async () => {
  await withOwnData(async (own) => {
    await own.text("labels.json", JSON.stringify({ a: ["kite"], b: ["kite"], c: ["kite"], d: ["kite"] }));
    const hopeless = "all 4 images show kite, so nothing tells it from the background";
    const first = await own.command("init", own.root);
    assertEquals(first.code, 0, first.stderr);
    assert(first.stdout.includes(`To look at\n  ${hopeless}: add images without it`), first.stdout);
    assert(first.stdout.trim().endsWith(`init ${own.root} --negatives folder-of-other-images --force`), first.stdout);
    const dry = await own.command("run", "--dry-run", "--config", own.path("irnet.json"), "--workdir", own.path("out"));
    assert(dry.stdout.includes(`\nbackbone_train: ${hopeless}`), dry.stdout);
    const run = await own.command("run", "--config", own.path("irnet.json"), "--workdir", own.path("out"));
    assertEquals(run.code, 1);
    assert(run.stderr.includes(`backbone_train: ${hopeless}`), run.stderr);

    for (let i = 0; i < 5; i++) await own.image(`without/n${i}.png`, { width: 40, height: 30 });
    const negatives = own.path("without");
    const { code, stdout, stderr } = await own.command("init", own.root, "--negatives", negatives, "--force");
    assertEquals([code, stderr], [0, ""]);
    for (
      const line of ["  negatives     5 images without any class", "  class kite is in 4 images: too few to learn it"]
    ) {
      assert(stdout.includes(`\n${line}`), stdout);
    }
    const config = loadConfig({ file: own.path("irnet.json") });
    assertEquals([config.data.negatives, config.data.trainList], [negatives, "all"]);
    assertEquals(JSON.parse(await Deno.readTextFile(own.path("irnet.json"))).data.negatives, "without");
    const again = await own.command(
      "run",
      "--dry-run",
      "--config",
      own.path("irnet.json"),
      "--workdir",
      own.path("out"),
    );
    assert(!again.stdout.includes(hopeless) && again.stdout.includes("irnet_train"), again.stdout);
    assert(/^cam .*: 4 images/m.test(again.stdout), "masks are made for those with a class alone");

    await own.bytes("without/bad.png", Uint8Array.of(1, 2, 3));
    const bad = await own.command("init", own.root, "--negatives", negatives, "--force");
    assertEquals(bad.code, 1);
    assert(bad.stderr.includes(`Expected images that can be read in ${negatives} but found ${negatives}/bad.png`));
    assertEquals((await own.command("init", own.root, "--negatives", own.path("no"), "--force")).code, 2);
  });
});
