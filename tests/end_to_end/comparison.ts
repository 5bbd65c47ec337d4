/** What two runs must have in common to count as equal: every byte, but for times and what is made of them. */
import { createHash } from "node:crypto";

/**
 * Every file below a working directory, by path, as a hash of its bytes. Left out are:
 * - `log.jsonl` and `run.json`,
 * - `seconds` and `time` in the lines of manifests,
 * - the section about the run in `report.html`, and that file's hash and length in the manifest of its stage.
 */
export async function comparableFiles(workdir: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of await filesBelow(workdir)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name === "log.jsonl" || name === "run.json") continue;
    const bytes = await Deno.readFile(`${workdir}/${path}`);
    files[path] = createHash("sha256").update(comparable(bytes, name)).digest("hex");
  }
  return files;
}

/** Paths whose contents differ, or that only one of two runs has. */
export async function differences(workdir: string, other: string): Promise<string[]> {
  const [a, b] = [await comparableFiles(workdir), await comparableFiles(other)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((path) => a[path] !== b[path]).sort();
}

function comparable(bytes: Uint8Array, name: string): Uint8Array | string {
  if (name.startsWith("manifest")) return manifestWithoutTimes(new TextDecoder().decode(bytes));
  if (name === "report.html") {
    return new TextDecoder().decode(bytes).replace(/<section id="run">.*?<\/section>/s, "");
  }
  return bytes;
}

function manifestWithoutTimes(text: string): string {
  return text.split("\n").filter(Boolean).map((line) => {
    const { seconds: _, time: __, ...record } = JSON.parse(line);
    if (record.outputs?.["report.html"]) record.outputs["report.html"] = "differs";
    return JSON.stringify(record);
  }).join("\n");
}

/** Paths of all files below a folder, hidden ones too. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    if (isDirectory) paths.push(...await filesBelow(folder, `${prefix}${name}/`));
    else paths.push(prefix + name);
  }
  return paths.sort();
}
