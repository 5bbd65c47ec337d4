/** Trained weights and class attention maps that are given in place of stages. */
import { camArrays, highResolutionCam, parseCamArrays, stridedCam } from "../../lib/cam/cam_archive.ts";
import { decodeNpz, encodeNpz } from "../../lib/files/npz.ts";
import { assert, assertEquals } from "../assert.ts";
import { comparableFiles } from "./comparison.ts";
import { madeBy, Workspace } from "./workspace.ts";

let workspace: Workspace;

Deno.test.beforeAll(async () => {
  const counts = { train: 6, val: 3, empty: 0 };
  workspace = await Workspace.make({ counts, epochs: { backbone: 1, cam: 1, irnet: 1 } });
  const { code, stderr } = await workspace.command("run", { workdir: "first" });
  assertEquals(code, 0, stderr);
});
Deno.test.afterAll(() => workspace.remove());

const made = (stages: Record<string, number>) =>
  Object.fromEntries(Object.entries(stages).filter(([, count]) => count > 0));

/** What a stage made, without the records of how. */
async function results(workdir: string, stage: string): Promise<Record<string, string>> {
  const { "manifest.jsonl": _, "state.safetensors": __, ...files } = await comparableFiles(
    workspace.path(`${workdir}/${stage}`),
  );
  return files;
}

/** Stores the maps of the first run as other methods do. */
async function storeMaps(folder: string): Promise<string[]> {
  await Deno.mkdir(folder);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(workspace.path("first/cam"))) {
    if (!name.endsWith(".npz")) continue;
    const archive = parseCamArrays(decodeNpz(await Deno.readFile(workspace.path(`first/cam/${name}`)), name), name);
    const stored = { keys: archive.keys, cam: stridedCam(archive), highRes: highResolutionCam(archive) };
    await Deno.writeFile(`${folder}/${name}`, encodeNpz(camArrays(stored)));
    names.push(name);
  }
  return names.sort();
}

Deno.test("maps of another method take the place of the classifier, and their files are followed", async () => {
  const folder = workspace.path("maps"), names = await storeMaps(folder);
  const args = ["--set", `cam.from=${folder}`];
  const run = async () => {
    const { code, stdout, stderr } = await workspace.command("run", { workdir: "from", args });
    assertEquals(code, 0, stderr);
    return made(madeBy(stdout));
  };
  const first = await run();
  assertEquals([first["cam_train"], first["cam"], first["evaluation"]], [undefined, names.length, 1]);
  assertEquals(await results("from", "relation"), await results("first", "relation"));
  assertEquals(await results("from", "instance"), await results("first", "instance"));
  assertEquals(await run(), {});

  const path = `${folder}/${names[0]}`, whole = await Deno.readFile(path);
  await Deno.writeFile(path, whole.subarray(0, 2000));
  const damaged = await workspace.command("run", { workdir: "from", args });
  assertEquals(damaged.code, 1);
  assert(damaged.stderr.includes(path), damaged.stderr);

  await Deno.remove(path);
  const missing = await workspace.command("run", { workdir: "from", args });
  assertEquals(missing.code, 1);
  assert(missing.stderr.includes(`Expected class attention maps as ${path} or `), missing.stderr);

  await Deno.writeFile(path, whole);
  await Deno.utime(path, 1, 1);
  assertEquals(await run(), { cam: 1 }); // looked at again, and found to be the same
});

Deno.test("trained weights take the place of trainings, and count by their contents, not their names", async () => {
  const [cam, irnet, copy] = ["first/cam_train", "first/irnet_train", "copy"].map((stage) =>
    workspace.path(`${stage}/weights.safetensors`)
  );
  const run = async (camWeights: string) => {
    const settings = ["backbone.pretraining=null", `cam.weights=${camWeights}`, `irnet.weights=${irnet}`];
    const args = settings.flatMap((setting) => ["--set", setting]);
    const { code, stdout, stderr } = await workspace.command("run", { workdir: "given", args });
    assertEquals(code, 0, stderr);
    return made(madeBy(stdout));
  };
  const first = await run(cam!);
  assertEquals([first["cam_train"], first["irnet_train"], first["evaluation"]], [1, 1, 1]);
  for (const stage of ["cam_train", "cam", "irnet", "instance", "semantic"]) {
    assertEquals(await results("given", stage), await results("first", stage), stage);
  }
  await Deno.mkdir(workspace.path("copy"));
  await Deno.copyFile(cam!, copy!);
  assertEquals(await run(copy!), {});

  const bytes = await Deno.readFile(copy!);
  bytes[bytes.length - 1]! ^= 0x80; // the sign of a weight
  await Deno.writeFile(copy!, bytes);
  assertEquals((await run(copy!))["cam_train"], 1);
});
