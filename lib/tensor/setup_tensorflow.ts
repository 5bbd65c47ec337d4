/**
 * `deno task setup:tensorflow`: puts TensorFlow's library, out of its PyPI wheel, where `useBackend()` looks for it.
 *
 * Options: `--cuda` takes the wheel that also computes on NVIDIA GPUs; `--from PATH` takes a wheel, folder or library
 * that is there already; `--version X` takes another version of the wheel.
 * @module
 */
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { extractFromWheel } from "./tensorflow/_wheel.ts";
import { libraryFolder, libraryNames } from "./tensorflow/find_library.ts";

/** Options of {@linkcode setupTensorflow}. */
export interface SetupOptions {
  /** Takes the wheel that also computes on NVIDIA GPUs. Default: false. */
  cuda?: boolean;
  /** A wheel, a folder with the library, or the library itself; without it the wheel is downloaded by pip. */
  from?: string;
  /** Version of the wheel that is downloaded. Default: 2.21.0. */
  version?: string;
  /** Folder that the library is put into. Default: the one that `useBackend()` looks in. */
  folder?: string;
}

/**
 * Installs TensorFlow's library.
 *
 * @param options Source and target.
 * @returns The folder that holds the library.
 * @throws Error if pip fails or the source does not hold the library.
 */
export async function setupTensorflow(
  { cuda = false, from, version = "2.21.0", folder = libraryFolder }: SetupOptions = {},
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  if (from !== undefined) {
    await install(from, folder);
    return folder;
  }
  const temporary = await Deno.makeTempDir({ prefix: "tensorflow-wheel-" });
  try {
    await install(await download(`${cuda ? "tensorflow" : "tensorflow-cpu"}==${version}`, temporary), folder);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}

async function install(source: string, folder: string): Promise<void> {
  const { isDirectory } = await Deno.stat(source);
  if (source.endsWith(".whl")) return await extractFromWheel(source, { names: libraryNames, folder });
  const place = isDirectory ? source : dirname(source);
  for (const name of libraryNames) {
    const target = join(folder, name);
    await Deno.copyFile(join(place, name), `${target}.part`);
    await Deno.rename(`${target}.part`, target);
  }
}

/** Downloads a wheel. The library does not depend on the version of Python, so any that a wheel exists for will do. */
async function download(requirement: string, folder: string): Promise<string> {
  const versions = [[], ...["313", "312", "311"].map((python) => ["--python-version", python])];
  for (const version of versions) {
    const pip = new Deno.Command("python3", {
      args: ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", folder, ...version, requirement],
      stdout: "inherit",
      stderr: "inherit",
    });
    if (!(await pip.output()).success) continue;
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".whl")) return join(folder, name);
  }
  throw new Error(`Expected pip to download ${requirement} but it failed; a wheel from elsewhere goes in with --from`);
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { cuda: { type: "boolean" }, from: { type: "string" }, version: { type: "string" } },
    });
    const folder = await setupTensorflow(values);
    console.error(`${libraryNames.map((name) => basename(name)).join(" and ")} are in ${folder}`);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
