/** What is wrong with data or weights, and what the pipeline says to it: one line each. */
import { assert, assertEquals } from "../assert.ts";
import { sampleNet } from "../../lib/nn/mod.ts";
import { decodePng, encodePng } from "../../lib/files/png.ts";
import { encodeSafetensors, type NamedTensors } from "../../lib/files/safetensors.ts";
import { OwnData } from "./own_data.ts";

interface BadInput {
  /** What is bad. */
  readonly name: string;
  /** Makes it so. */
  readonly spoil: (own: OwnData) => Promise<void>;
  /** Flags of `run`. */
  readonly args?: (own: OwnData) => string[];
  /** How the command ends: 1, or 2 before any work. */
  readonly code: number;
  /** What its last line says; `*` is the folder. */
  readonly message: string;
}

const labels = (content: unknown) => (own: OwnData) => own.text("labels.json", JSON.stringify(content));
const list = (content: string) => (own: OwnData) => own.text("list.txt", content);
const useList = (own: OwnData) => ["--set", `data.trainList=${own.path("list.txt")}`];

/** A backbone's weights, with a change. */
const weights = (change: (tensors: NamedTensors) => NamedTensors) => (own: OwnData) =>
  own.bytes("weights.safetensors", encodeSafetensors(change(sampleNet.initialise(0))));
const useWeights = (own: OwnData) => [
  ...["--set", "backbone.pretraining=null", "--set", `backbone.weights=${own.path("weights.safetensors")}`],
];
const first = sampleNet.parameters[0]!.name;

const badInputs: BadInput[] = [
  {
    name: "a JPEG that is cut off",
    spoil: async (own) => {
      await Deno.remove(own.path("b.png"));
      await own.image("b.jpg", { width: 40, height: 30 });
      const whole = await Deno.readFile(own.path("b.jpg"));
      await own.bytes("b.jpg", whole.subarray(0, whole.length - 100));
    },
    code: 1,
    message: "Expected a readable image in */b.jpg but found: VipsJpeg: premature end of JPEG image",
  },
  {
    name: "an image without labels",
    spoil: labels({ a: ["kite"], c: ["kite"], d: [] }),
    code: 2,
    message:
      "data.trainList: Expected labels of every image in */labels.json, an empty list where no class is shown, " +
      "but found none of b",
  },
  {
    name: "labels without an image",
    spoil: labels({ a: ["kite"], b: [], c: ["kite"], d: [], bb: [] }),
    code: 2,
    message: "data.trainList: Expected an image in * for every id in */labels.json but found none of bb; " +
      "the nearest is b",
  },
  {
    name: "an id of a list without labels",
    spoil: async (own) => {
      await own.image("e.png", { width: 40, height: 30 });
      await list("a\ne\n")(own);
    },
    args: useList,
    code: 2,
    message: "data.trainList: Expected labels of e, listed in */list.txt, in */labels.json",
  },
  {
    name: "an id of a list without image",
    spoil: list("a\nx\n"),
    args: useList,
    code: 2,
    message: "data.trainList: Expected an image x (.jpg, .jpeg, .png, .webp, .tif, .tiff) in *",
  },
  {
    name: "a class that is not in the list",
    spoil: labels({ a: ["kite"], b: ["fire trick"], c: ["kite"], d: [] }),
    code: 1,
    message: "Expected labels of b in */labels.json to be among data.classes but found fire trick; " +
      "the nearest is fire truck",
  },
  {
    name: "an empty list",
    spoil: list("\n"),
    args: useList,
    code: 2,
    message: "data.trainList: Expected at least one id in */list.txt but found none",
  },
  {
    name: "an id twice in a list",
    spoil: list("a\nb\na\n"),
    args: useList,
    code: 2,
    message: "data.trainList: Expected every id once in */list.txt but found a twice",
  },
  {
    name: "an id twice in labels",
    spoil: (own) => own.text("labels.json", '{"a": ["kite"], "b": [], "c": [], "d": [], "a": ["fire truck"]}'),
    code: 1,
    message: "Expected every id once in */labels.json but found a twice",
  },
  {
    name: "an id with two images",
    spoil: (own) => own.image("a.webp", { width: 40, height: 30 }),
    code: 2,
    message: "data.trainList: Expected one image a in * but found a.png, a.webp",
  },
  {
    name: "an id outside the folder in a list",
    spoil: list("a\n../b\n"),
    args: useList,
    code: 2,
    message: "data.trainList: Expected an image ../b (.jpg, .jpeg, .png, .webp, .tif, .tiff) in *",
  },
  {
    name: "two keys of one image in labels",
    spoil: labels({ a: ["kite"], "x/b": [], "y/b": ["kite"], c: ["kite"], d: [] }),
    code: 1,
    message: "Expected one key of the image b in */labels.json but found x/b and y/b",
  },
  {
    name: "a name that leaves no room for an extension of five bytes",
    spoil: async (own) => {
      await own.image(`${"x".repeat(251)}.png`, { width: 40, height: 30 });
      const names = { a: ["kite"], b: [], c: [], d: [], ["x".repeat(251)]: ["fire truck"] };
      await own.text("labels.json", JSON.stringify(names));
    },
    code: 2,
    message: `Expected ids of at most 250 bytes, for files bear them, but found ${"x".repeat(251)}`,
  },
  {
    name: "weights that lack a tensor",
    spoil: weights(({ [first]: _, ...others }) => others),
    args: useWeights,
    code: 1,
    message: `  missing: ${first} [${sampleNet.parameters[0]!.shape}]`,
  },
  {
    name: "weights with NaN",
    spoil: weights((tensors) => {
      tensors[first]!.data[5] = NaN;
      return tensors;
    }),
    args: useWeights,
    code: 1,
    message: `  not finite: ${first} has NaN at 5`,
  },
  {
    name: "weights of another network",
    spoil: weights(() => ({ "_conv_stem.weight": { shape: [2], data: new Float32Array(2) } })),
    args: useWeights,
    code: 1,
    message: `cam_train: Expected parameters of the network, such as ${first}, in */weights.safetensors but found ` +
      "_conv_stem.weight: these are weights of another network",
  },
];

for (const { name, spoil, args, code, message } of badInputs) {
  Deno.test(`run names ${name}`, async () => {
    const own = await OwnData.make();
    try {
      await spoil(own);
      const ended = await own.run(...args?.(own) ?? []);
      const last = ended.stderr.split("\n").at(-1)!.replaceAll(own.root, "*");
      assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
      assert(last.includes(message), `Expected ${message}\nbut found ${last}`);
    } finally {
      await own.remove();
    }
  });
}

Deno.test("run judges nothing by masks that cannot be used, and names them in the end", async () => {
  const own = await OwnData.make();
  try {
    const mask = (id: string, width: number, height: number, value: number) =>
      own.bytes(
        `SegmentationClass/${id}.png`,
        encodePng({ width, height, data: new Uint8Array(width * height).fill(value) }),
      );
    await mask("a", 40, 30, 1);
    await mask("b", 30, 40, 1);
    await mask("c", 40, 30, 3);
    const { code, stdout, stderr } = await own.run();
    assertEquals(code, 0, stderr);
    const { unusable, cam } = JSON.parse(await Deno.readTextFile(own.path("out/evaluation/metrics.json")));
    const path = own.path("SegmentationClass");
    assertEquals([cam.images, unusable], [1, [
      `Expected ${path}/b.png to have the 40×30 pixels of ${own.path("b.png")}, but found 30×40`,
      `Expected class ids 0…2, and 255 for void, in ${path}/c.png but found 3`,
    ]]);
    assert(stdout.includes(`Masks that cannot be used: 2, such as: ${unusable[0]}`), stdout);
  } finally {
    await own.remove();
  }
});

Deno.test("run makes masks of images of 1×1, 20×20 and 2000×1500 pixels, also of a long name, and skips one that is cut off if told", async () => {
  const own = await OwnData.make(), long = "ü".repeat(125);
  try {
    const sizes = { a: [1, 1], [long]: [20, 20], c: [2000, 1500] } as const;
    await Deno.remove(own.path("b.png"));
    await own.text("labels.json", JSON.stringify({ a: ["kite"], [long]: ["fire truck"], c: ["kite"], d: [] }));
    for (const [id, [width, height]] of Object.entries(sizes)) await own.image(`${id}.png`, { width, height });
    const whole = await Deno.readFile(own.path("d.png"));
    await own.bytes("d.png", whole.subarray(0, whole.length >> 1));
    const { code, stderr } = await own.run("--set", "cam.scales=0.25", "--on-bad-image", "skip");
    assertEquals(code, 0, stderr);
    for (const [id, [width, height]] of Object.entries(sizes)) {
      const file = own.path(`out/semantic/${id}.png`), png = decodePng(await Deno.readFile(file), file);
      assertEquals([png.width, png.height], [width, height]);
    }
    assertEquals(JSON.parse(await Deno.readTextFile(own.path("out/quarantine.jsonl"))).id, "d");
  } finally {
    await own.remove();
  }
});
