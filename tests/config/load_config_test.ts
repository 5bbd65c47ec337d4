import { join } from "node:path";
import { assertEquals, assertThrows } from "../assert.ts";
import { presets } from "../../lib/config/config.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { inFolder } from "../in_folder.ts";

/** Runs a function with a temporary file. */
function withFile(content: string, work: (file: string) => void): void {
  const file = Deno.makeTempFileSync();
  Deno.writeTextFileSync(file, content);
  try {
    work(file);
  } finally {
    Deno.removeSync(file);
  }
}

Deno.test("loadConfig() gives each preset as it is, and paper without a name", () => {
  for (const preset of Object.keys(presets) as (keyof typeof presets)[]) {
    assertEquals(loadConfig({ preset }), presets[preset]);
  }
  assertEquals(loadConfig({}), presets.paper);
});

Deno.test("loadConfig() leaves the presets alone", () => {
  const before = structuredClone(presets);
  loadConfig({ preset: "lite", settings: [["walk.beta", "1"], ["cam.training.epochs", "2"]] });
  assertEquals(presets, before);
});

Deno.test("loadConfig() merges groups of a file and replaces lists", () => {
  withFile('{"preset": "sample", "cam": {"scales": [1], "training": {"optimiser": {"momentum": 0.9}}}}', (file) => {
    const { cam } = loadConfig({ file });
    const { cam: expected } = structuredClone(presets.sample);
    expected.scales = [1];
    expected.training.optimiser.momentum = 0.9;
    assertEquals(cam, expected);
  });
});

Deno.test("loadConfig() reads values as the schema has them", () => {
  const { seed, cam, evaluation, data, backbone } = loadConfig({
    settings: [
      ["seed", "12"],
      ["cam.scales", "1, 0.5"],
      ["cam.training.resizeLong", "null"],
      ["evaluation.ious", "[0.5]"],
      ["evaluation.classes", "cat,dog"],
      ["data.root", "12"],
      ["data.trainList", "null"],
      ["backbone.pretraining", JSON.stringify(presets.sample.backbone.pretraining)],
      ["backbone.pretraining.epochs", "2"],
    ],
  });
  assertEquals(
    [seed, cam.scales, cam.training.resizeLong, evaluation.ious, evaluation.classes, data.root, data.trainList],
    [12, [1, 0.5], null, [0.5], ["cat", "dog"], "12", "null"],
  );
  assertEquals(backbone.pretraining, { ...presets.sample.backbone.pretraining!, epochs: 2 });
});

const mistakes: [key: string, text: string, message: string][] = [
  ["walk.bta", "3", "found the unknown key walk.bta; the nearest is walk.beta"],
  ["irnet.epochs", "3", "found the unknown key irnet.epochs; the nearest is irnet.training.epochs"],
  ["__proto__.beta", "3", "found the unknown key __proto__.beta; the nearest is walk.beta"],
  ["walk.beta.x", "3", "found the unknown key walk.beta.x"],
  ["walk.beta", "", 'Expected a number above 0 for walk.beta but found ""'],
  ["walk.beta", "0", "Expected a number above 0 for walk.beta but found 0"],
  ["walk.beta", "NaN", 'Expected a number above 0 for walk.beta but found "NaN"'],
  ["walk.steps", "1.5", "Expected a whole number of at least 0 for walk.steps but found 1.5"],
  ["walk", "3", "Expected an object of radius, beta, steps for walk but found 3"],
  ["cam.threshold", "2", "Expected a number from 0 to 1 for cam.threshold but found 2"],
  ["cam.scales", "1,a", 'Expected a list of 1 or more, each a number above 0 for cam.scales but found "1,a"'],
  ["cam.scales", "[]", "Expected a list of 1 or more, each a number above 0 for cam.scales but found []"],
  [
    "data.classes",
    Array.from({ length: 300 }, (_, n) => `c${n}`).join(),
    'Expected a list of 1 to 254, each text for data.classes but found 300, ["c0","c1",',
  ],
  ["irnet.training.scale", "1,-1", "Expected a number above 0 for irnet.training.scale[1] but found -1"],
  [
    "cam.prototypes.context",
    "0.9,0.05",
    "Expected the lower number first for cam.prototypes.context but found [0.9,0.05]",
  ],
  [
    "backbone.network",
    "vgg",
    'Expected one of resnet50, efficientnet_lite0, efficientnet_lite1, efficientnet_lite2, sample for backbone.network but found "vgg"',
  ],
  [
    "backbone.pretraining.epochs",
    "3",
    "Expected a whole number of at least 16 for backbone.pretraining.crop but found nothing",
  ],
  ["evaluation.classes", "cat,dgo", "classes of data.classes in evaluation.classes but found dgo; the nearest is dog"],
  ["preset", "lite", "Expected the preset as --preset lite"],
];

for (const [key, text, message] of mistakes) {
  Deno.test(`loadConfig() refuses ${key}=${text}`, () => {
    assertThrows(() => loadConfig({ settings: [[key, text]] }), UsageError, message);
  });
}

Deno.test("loadConfig() takes paths of a file from beside it, those of settings from a folder", () =>
  inFolder(async (folder) => {
    const file = `${folder}/mine.json`, home = Deno.env.get("HOME");
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        workdir: "/results",
        data: { root: "pictures", labels: "../labels.csv", trainList: "mine.all.txt", inferList: "v1.train" },
        backbone: { weights: "~/weights.pth" },
      }),
    );
    const { workdir, data, backbone, cam, irnet } = loadConfig({
      file,
      settings: [["cam.from", "cams"], ["irnet.weights", "~"], ["data.valList", "val"]],
      folder: "/here",
    });
    assertEquals([workdir, data.root, data.labels], ["/results", `${folder}/pictures`, join(folder, "../labels.csv")]);
    assertEquals([data.trainList, data.inferList, data.valList], [`${folder}/mine.all.txt`, "v1.train", "val"]);
    assertEquals([backbone.weights, cam.from, irnet.weights], [`${home}/weights.pth`, "/here/cams", home!]);
  }));

Deno.test("loadConfig() gives a path the same text however its file was named", () =>
  inFolder((folder) => {
    const here = Deno.cwd();
    Deno.mkdirSync(`${folder}/mine`);
    Deno.writeTextFileSync(`${folder}/mine/irnet.json`, '{"data": {"root": ".", "trainList": "irnet.all.txt"}}');
    Deno.chdir(folder);
    try {
      for (const file of ["mine/irnet.json", "./mine/irnet.json", `${Deno.cwd()}/mine/irnet.json`]) {
        const { data } = loadConfig({ file });
        assertEquals([data.root, data.trainList], ["mine", "mine/irnet.all.txt"]);
      }
    } finally {
      Deno.chdir(here);
    }
    return Promise.resolve();
  }));

Deno.test("loadConfig() refuses files with unknown keys, wrong types, no JSON, or another preset", () => {
  const refuse = (content: string, message: string, preset?: string) =>
    withFile(
      content,
      (file) => assertThrows(() => loadConfig({ file, ...(preset ? { preset } : {}) }), UsageError, message),
    );
  refuse('{"walk": {"bta": 1}, "seed": "1"}', "unknown key walk.bta; the nearest is walk.beta");
  refuse('{"walk": {"bta": 1}, "seed": "1"}', 'Expected a whole number from 0 to 4294967295 for seed but found "1"');
  refuse('{"walk": null}', "Expected an object of radius, beta, steps for walk but found null");
  refuse("{", "Expected JSON in");
  refuse("[1]", "but found [1]");
  refuse('{"preset": "lite"}', 'as in --preset, but found "lite"', "paper");
  refuse('{"preset": "litte"}', "but found litte; the nearest is lite");
});
