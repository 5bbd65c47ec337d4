/**
 * `deno task setup:tensorflow`: puts TensorFlow's library, out of its PyPI wheel, where `useBackend()` looks for it.
 * @module
 */
import { dirname, join } from "node:path";
import { type Flags, runScript } from "../config/flags.ts";
import { isFolder, namesIn, replaceFile } from "../files/disk.ts";
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
  await Deno.mkdir(folder, { recursive: true });
  if (from !== undefined) {
    await install(from, folder);
    return folder;
  }
  await inTemporary(folder, async (temporary) => {
    // Wheels without CUDA have a name of their own only where there are others.
    const small = !cuda && Deno.build.os === "linux" && Deno.build.arch === "x86_64";
    const requirement = `${small ? "tensorflow-cpu" : "tensorflow"}==${version}`;
    // The library does not depend on the version of Python, so any that a wheel exists for will do.
    await install(await downloadWheel(requirement, { folder: temporary, pythons: ["313", "312", "311"] }), folder);
  });
  return folder;
}

async function install(source: string, folder: string): Promise<void> {
  if (source.endsWith(".whl")) return await installFromWheel(source, folder);
  const place = isFolder(source) ? source : dirname(source), present = new Set(namesIn(place));
  const found = interfaceNames.find((name) => present.has(name));
  if (!found || !present.has(frameworkName)) {
    throw new Error(`Expected ${interfaceNames.join(" or ")}, and ${frameworkName}, in ${place} but found none`);
  }
  for (const name of [found, frameworkName]) {
    using file = await Deno.open(join(place, name));
    await replaceFile(join(folder, name), file.readable);
  }
}

/** Takes the library out of a wheel, which is a zip archive, and nothing else. */
async function installFromWheel(wheel: string, folder: string): Promise<void> {
  const wanted = [interfaceNames[0]!, frameworkName], inside = new Map<string, string>();
  await inTemporary(folder, async (temporary) => {
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
  });
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
