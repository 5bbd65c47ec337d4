/**
 * `deno task setup:tensorflow`: puts TensorFlow's library, out of its PyPI wheel, where `useBackend()` looks for it.
 *
 * Options: `--cuda` takes the wheel that also computes on NVIDIA GPUs, with the CUDA libraries of the system;
 * `--from PATH` takes a wheel, folder or library that is there already; `--version X` another version of the wheel.
 * @module
 */
import { dirname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { unpackZip } from "../files/unpack_zip.ts";
import { frameworkName, interfaceNames, libraryFolder } from "./tensorflow/find_library.ts";

/** Bytes of the libraries of a wheel together; a zip archive without 64-bit fields cannot hold larger ones. */
const LARGEST_LIBRARY = 2 * 2 ** 32;

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
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: "wheel-" });
  try {
    // Wheels without CUDA have a name of their own only where there are others.
    const small = !cuda && Deno.build.os === "linux" && Deno.build.arch === "x86_64";
    await install(await download(`${small ? "tensorflow-cpu" : "tensorflow"}==${version}`, temporary), folder);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}

async function install(source: string, folder: string): Promise<void> {
  if (source.endsWith(".whl")) return await installFromWheel(source, folder);
  const place = (await Deno.stat(source)).isDirectory ? source : dirname(source);
  const present = new Set((await Array.fromAsync(Deno.readDir(place))).map(({ name }) => name));
  const found = interfaceNames.find((name) => present.has(name));
  if (!found || !present.has(frameworkName)) {
    throw new Error(`Expected ${interfaceNames.join(" or ")}, and ${frameworkName}, in ${place} but found none`);
  }
  for (const name of [found, frameworkName]) {
    const target = join(folder, name);
    await Deno.copyFile(join(place, name), `${target}.part`);
    await Deno.rename(`${target}.part`, target);
  }
}

/** Takes the library out of a wheel, which is a zip archive, and nothing else. */
async function installFromWheel(wheel: string, folder: string): Promise<void> {
  const wanted = [interfaceNames[0]!, frameworkName], inside = new Map<string, string>();
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: "wheel-" });
  try {
    await unpackZip(wheel, temporary, {
      limits: { maxBytes: LARGEST_LIBRARY, maxEntries: wanted.length },
      only: (path) => {
        const name = path.split("/").at(-1)!;
        if (!wanted.includes(name) || inside.has(name)) return false;
        inside.set(name, path);
        return true;
      },
    });
    for (const name of wanted) {
      if (!inside.has(name)) throw new Error(`Expected a file ${name} in ${wheel} but found none`);
    }
    for (const [name, path] of inside) await Deno.rename(join(temporary, path), join(folder, name));
  } finally {
    await Deno.remove(temporary, { recursive: true });
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
    console.error(`TensorFlow's library is in ${folder}`);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
