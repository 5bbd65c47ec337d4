/**
 * Packs golden groups, each a `.json` file and its `.npy` files, into `tests/golden`:
 * `deno run --allow-read --allow-write=tests/golden tests/pack_goldens.ts FOLDER`. Groups that FOLDER lacks stay.
 */
import { encodeNpz } from "../lib/files/npz.ts";
import { type GoldenDescription, readLooseGroup } from "./golden.ts";

const [folder] = Deno.args;
if (!folder) throw new Error("Expected a folder of golden groups but found no argument");
const golden = new URL("./golden/", import.meta.url), list = new URL("groups.json", golden);
const groups: Record<string, GoldenDescription> = JSON.parse(await Deno.readTextFile(list).catch(() => "{}"));
for await (const { name } of Deno.readDir(folder)) {
  if (!/^[dg]\d\d_.*\.json$/.test(name)) continue;
  const group = name.slice(0, -".json".length), { description, arrays } = await readLooseGroup(folder, group);
  groups[group] = description;
  await Deno.writeFile(new URL(`${group}.npz`, golden), encodeNpz(arrays, { level: 9 }));
}
const sorted = Object.fromEntries(Object.entries(groups).sort(([a], [b]) => a < b ? -1 : 1));
await Deno.writeTextFile(list, `${JSON.stringify(sorted, undefined, 1)}\n`);
