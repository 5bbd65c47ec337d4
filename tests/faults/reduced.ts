/** The reduced sample of the campaign. */
import { type Scale, Workspace } from "../end_to_end/workspace.ts";

/** 12 images, 10 steps a training. */
const scale: Scale = { counts: { train: 8, val: 4, empty: 0 }, epochs: { backbone: 5, cam: 5, irnet: 5 } };

/** Makes the data set and one whole run in the folder `unbroken`. */
export async function makeReduced(): Promise<Workspace> {
  const workspace = await Workspace.make(scale);
  const { code, stderr } = await workspace.command("run", { workdir: "unbroken" });
  if (code !== 0) throw new Error(`Expected a whole run but found: ${stderr}`);
  return workspace;
}

/** How far a run is: lines in the manifests of its stages and in the logs of its trainings. */
export async function traces(workdir: string): Promise<number> {
  let lines = 0;
  const entries = await Array.fromAsync(Deno.readDir(workdir)).catch(() => []);
  for (const { name, isDirectory } of entries) {
    if (!isDirectory) continue;
    for (const file of ["manifest.jsonl", "log.jsonl"]) {
      const text = await Deno.readTextFile(`${workdir}/${name}/${file}`).catch(() => "");
      lines += text.split("\n").length - 1;
    }
  }
  return lines;
}
