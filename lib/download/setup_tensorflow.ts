/**
 * `deno task setup:tensorflow`: puts TensorFlow's library, out of its PyPI wheel, where `useBackend()` looks for it.
 * @module
 */
import { basename, dirname, join } from "node:path";
import { type Flags, runScript } from "../config/flags.ts";
import { isFolder, namesIn, removeIfExists } from "../files/disk.ts";
import { unpackZip } from "../files/unpack.ts";
import { frameworkName, interfaceNames, libraryFolder } from "../tensor/tensorflow/find_library.ts";
import { downloadWheel, inTemporary } from "./_obtain.ts";

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
  await inTemporary(folder, async (temporary) => {
    if (from !== undefined && !from.endsWith(".whl")) return await place(await copyLibrary(from, temporary), folder);
    // Wheels without CUDA have a name of their own only where there are others.
    const small = !cuda && Deno.build.os === "linux" && Deno.build.arch === "x86_64";
    const requirement = `${small ? "tensorflow-cpu" : "tensorflow"}==${version}`;
    // The library does not depend on the version of Python, so any that a wheel exists for will do.
    const wheel = from ?? await downloadWheel(requirement, { folder: temporary, pythons: ["313", "312", "311"] });
    await place(await unpackLibrary(wheel, temporary), folder);
  });
  return folder;
}

/**
 * Puts a library, and before it what it links to, into a folder. A process that starts meanwhile finds the old pair,
 * none, or the new one: it looks for the library alone, of which the old one goes first.
 */
async function place([library, framework]: Pair, folder: string): Promise<void> {
  for (const name of interfaceNames) await removeIfExists(join(folder, name));
  for (const path of [framework, library]) await Deno.rename(path, join(folder, basename(path)));
}

/** Paths of a library and what it links to. */
type Pair = readonly [library: string, framework: string];

/** Copies the library that is in a folder, or in that of a file. */
async function copyLibrary(source: string, temporary: string): Promise<Pair> {
  const place = isFolder(source) ? source : dirname(source), present = new Set(namesIn(place));
  const found = interfaceNames.find((name) => present.has(name));
  if (!found || !present.has(frameworkName)) {
    throw new Error(`Expected ${interfaceNames.join(" or ")}, and ${frameworkName}, in ${place} but found none`);
  }
  for (const name of [found, frameworkName]) await Deno.copyFile(join(place, name), join(temporary, name));
  return [join(temporary, found), join(temporary, frameworkName)];
}

/** Takes the library out of a wheel, which is a zip archive, and nothing else. */
async function unpackLibrary(wheel: string, temporary: string): Promise<Pair> {
  const wanted = [interfaceNames[0]!, frameworkName], inside = new Map<string, string>();
  await unpackZip(wheel, temporary, {
    limits: { maxBytes: LARGEST_LIBRARY, maxEntries: wanted.length },
    only: (path) => {
      const name = path.split("/").at(-1)!;
      if (!wanted.includes(name) || inside.has(name)) return false;
      inside.set(name, path);
      return true;
    },
  });
  const [library, framework] = wanted.map((name) => {
    if (!inside.has(name)) throw new Error(`Expected a file ${name} in ${wheel} but found none`);
    return join(temporary, inside.get(name)!);
  });
  return [library!, framework!];
}

const HELP = `setup:tensorflow [flags]

Puts TensorFlow's library, out of its PyPI wheel, where the backend tensorflow looks for it.`;

const FLAGS = {
  cuda: { help: "the wheel that also computes on NVIDIA GPUs, with the CUDA libraries of the system" },
  from: { value: "path", help: "a wheel, folder or library that is there already", path: "reads" },
  version: { value: "number", help: "another version of the wheel" },
} satisfies Flags;

if (import.meta.main) {
  await runScript({ help: HELP, flags: FLAGS }, async ({ cuda, from, version }) => {
    const options = { cuda: cuda !== undefined, ...(from && { from }), ...(version && { version }) };
    console.error(`TensorFlow's library is in ${await setupTensorflow(options)}`);
  });
}
