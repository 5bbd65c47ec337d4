import { assert, assertEquals } from "./assert.ts";

const root = new URL("../", import.meta.url);
const { name, version, exports }: { name: string; version: string; exports: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

/** Something small that each module can do, as an expression on its namespace `m` that must be true. */
const abilities: Record<string, string> = {
  ".": `m.affinity.propagate === affinity.propagate && m.figures.sideBySide instanceof Function`,
  "./affinity": `m.affinity(new Float32Array(16), { height: 4, width: 4, radius: 3 }).every((value) => value === 1)`,
  "./amn": `m.amnParameters({ channels: 8 }, 3)[0]!.shape.join() === "8,3,1,1"`,
  "./cam": `m.classifierParameters({ ...nn.sampleNet, channels: 8 }, 3)[0]!.shape.join() === "3,8,1,1"`,
  "./command_line": `m.main instanceof Function`,
  "./config": `m.loadConfig({ preset: "lite", settings: [["walk.beta", "8"]] }).walk.beta === 8`,
  "./crf": `m.argmaxLabels(Float32Array.of(0.2, 0.9, 0.8, 0.1), 2).join() === "1,0"`,
  "./data": `m.flipImage({ height: 1, width: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }).data.join() === "4,5,6,1,2,3"`,
  "./displacement": `m.findCentroids(new Float32Array(2 * 2 * 3), { height: 2, width: 3 }).length === 2 * 2 * 3`,
  "./download": `(await m.registryEntry("voc2012")).bytes === 1_999_639_040`,
  "./downstream": `m.deeplab.PYRAMID_RATES.join() === "6,12,18,24"`,
  "./evaluation": `m.chosenClasses(["cat", "dog"], ["dog"]).join() === "1"`,
  "./figures": `m.drawColourWheel(9).data.length === 9 * 9 * 3`,
  "./files":
    `m.decodeSafetensors(m.encodeSafetensors({ a: { shape: [1], data: Float32Array.of(7) } }), "x").tensors["a"]` +
    `?.data[0] === 7`,
  "./formats": `m.compressCounts([6, 1, 40]) === "61X1"`,
  "./irnet": `m.irnetTask(nn.sampleNet, config.presets.sample.irnet).name === "irnet"`,
  "./nn": `m.resnet50.channels === 2048`,
  "./notebook": `m.sourceOf({ cell_type: "code", source: ["1", "2"], metadata: {} }) === "12"`,
  "./relation": `m.pathIndex(5).radius === 5`,
  "./results": `m.SOURCE_NAMES.cam !== undefined && m.openResults instanceof Function`,
  "./run": `((name: run.Stage["name"]) => name)("cam") === "cam" && m.parseShard("1/4").count === 4`,
  "./stages": `m.stages.some(({ name }: { name: string }) => name === "cam")`,
  "./synthesis":
    `m.instancesFromCams(Float32Array.of(1, 0), { height: 1, width: 2, keys: [4], threshold: 0.5, fragment: 0 })` +
    `.class.length === 1`,
  "./tensor": `(await m.useBackend("cpu")).name === "cpu" && m.tf.scalar(3).dataSync()[0] === 3`,
  "./train": `m.trainingSteps(10, { batch: 4, epochs: 3 }) === 6`,
  "./weights": `m.isTrainable({ name: "a", shape: [1], role: "bias" })`,
};

/** Our lock file as that of a project that links us: all packages are the ones that we have, and none is fetched. */
function lockOfLink(): unknown {
  const lock = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", root)));
  return { ...lock, workspace: { links: { [`jsr:${name}@${version}`]: lock.workspace } } };
}

/** A program of another project, which links this one. */
async function runElsewhere(program: string): Promise<{ code: number; output: string; errors: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const settings = { links: [Deno.realPathSync(root)], imports: { [name]: `jsr:${name}@${version}` } };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(settings));
    await Deno.writeTextFile(`${folder}/deno.lock`, JSON.stringify(lockOfLink()));
    await Deno.writeTextFile(`${folder}/program.ts`, program);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "--cached-only", "--quiet", "program.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno.json exports modules that another project can import, check and use", async () => {
  assertEquals(Object.keys(exports).sort(), Object.keys(abilities).sort());
  const rooms = Object.keys(exports).map((path) => ({ path, room: path === "." ? "all" : path.slice(2) }));
  const program = [
    ...rooms.map(({ path, room }) => `import * as ${room} from "${name}${path.slice(1)}";`),
    "const found: Record<string, boolean> = {};",
    ...rooms.map(({ path, room }) => `{ const m = ${room}; found["${path}"] = ${abilities[path]}; }`),
    "console.log(JSON.stringify(found));",
  ].join("\n");
  const { code, output, errors } = await runElsewhere(program);
  assert(code === 0, errors);
  for (const [path, works] of Object.entries(JSON.parse(output))) assert(works, `Expected ${path} to work`);
});

Deno.test("mod.ts is a program with help", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "mod.ts", "--help"],
    cwd: root,
  }).output();
  assertEquals(code, 0);
  const text = new TextDecoder().decode(stdout);
  for (const part of ["run", "evaluate", "ablation", "--preset", "--set"]) assert(text.includes(part), `no ${part}`);
});
