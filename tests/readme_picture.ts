/**
 * Puts pictures of a sample run together for the README: data/readme_strip.png, a row an image.
 * `deno task readme:picture [workdir [ids…]]`, after `deno task demo`
 * @module
 */
import sharp from "sharp";
import { encodePicture, sideBySide } from "../lib/figures/mod.ts";
import { readImage } from "../lib/data/mod.ts";

const LAYERS = ["photograph", "cam", "boundary", "displacement", "pseudo_instances", "truth"];

const [workdir = "out/sample", ...named] = Deno.args;
const folder = `${workdir}/evaluation/pictures`;
const ids = named.length > 0 ? named : Array.from(Deno.readDirSync(folder), ({ name }) => name)
  .flatMap((name) => name.match(/^(.*)_photograph\.png$/)?.[1] ?? []).sort().slice(0, 2);
const pictures = await Promise.all(
  ids.flatMap((id) => LAYERS.map((layer) => readImage(`${folder}/${id}_${layer}.png`))),
);
const strip = sideBySide(pictures, { columns: LAYERS.length });
const file = new URL("../data/readme_strip.png", import.meta.url);
await Deno.writeFile(file, await sharp(await encodePicture(strip)).png({ palette: true, effort: 10 }).toBuffer());
console.log(`${ids.join(", ")}: ${(await Deno.stat(file)).size} bytes`);
