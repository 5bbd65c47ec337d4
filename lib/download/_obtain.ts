/** Files of the registry, from wherever they can be had, and what the commands that get them share. */
import { format } from "@std/fmt/bytes";
import { join } from "node:path";
import type { Flag } from "../config/flags.ts";
import { UsageError } from "../config/usage_error.ts";
import { exists, isFolder } from "../files/disk.ts";
import { type FileFacts, verifyFile } from "../files/hash.ts";
import { Progress } from "../files/terminal.ts";
import { download } from "./download.ts";
import type { RegistryEntry } from "./registry.ts";

/** Flags of all downloads of the registry's files. */
export const DOWNLOAD_FLAGS = {
  from: {
    value: "path",
    help: "what is there already, the file or a folder that holds it; no network is used",
    path: "reads",
  },
  mirror: {
    value: "URL",
    help: "where to download from instead: the file, or a folder with it; may be repeated",
    repeats: true,
  },
  registry: { value: "file", help: "addresses, sizes and checksums, instead of data/registry.json", path: "reads" },
} satisfies Record<string, Flag>;

/** Places that a file may come from. */
export interface ObtainOptions {
  /** Folder for what is downloaded. */
  readonly folder: string;
  /** File, or folder that holds it, that is there already. */
  readonly from?: string | undefined;
  /** Addresses instead of the entry's. */
  readonly mirrors?: readonly string[] | undefined;
}

/** Path of a registry entry's file, verified: from where the user says, else downloaded, else through pip. */
export async function obtain(entry: RegistryEntry, { folder, from, mirrors }: ObtainOptions): Promise<string> {
  const urls = mirrors?.map((mirror) => addressAt(mirror, entry.file)) ?? entry.urls;
  if (from !== undefined) {
    const path = await fileAt(from, entry.file);
    await verified(path, entry);
    return path;
  }
  const path = join(folder, entry.file);
  if (await exists(path)) await verified(path, entry);
  else if (urls.length > 0) {
    using bar = progressIn("bytes", entry.file);
    const progress = (bytes: number) => bar.update(bytes, entry.bytes), log = (text: string) => bar.log(text);
    await noting(entry, () => download(path, entry, { urls, progress, log }));
  } else {
    await inTemporary(folder, async (temporary) => {
      const file = await downloadWheel(entry.pip!, { folder: temporary });
      await verified(file, entry);
      await Deno.rename(file, path);
    });
  }
  return path;
}

/** Verifies a file; the message of an error says what was wanted. */
export async function verified(path: string, entry: FileFacts & { note: string }): Promise<void> {
  await noting(entry, () => verifyFile(path, entry));
}

async function noting({ note }: { note: string }, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const help = "--from takes a file that is there already, --mirror another address";
    throw new Error(`${(error as Error).message}\nWhat is wanted: ${note}\n${help}`, { cause: error });
  }
}

/** The file, given its path or a folder's. */
async function fileAt(path: string, name: string): Promise<string> {
  if (!await exists(path)) throw new UsageError(`Expected a file or folder at --from ${path} but found nothing`);
  if (!isFolder(path)) return path;
  const inside = join(path, name);
  if (!await exists(inside)) throw new Error(`Expected ${name} in ${path} but found none`);
  return inside;
}

/** A mirror's address of a file, given that or its folder's. */
function addressAt(mirror: string, name: string): string {
  const url = URL.parse(mirror);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`Expected --mirror to be an address such as https://host/folder but found ${mirror}`);
  }
  if (!url.pathname.endsWith(`/${name}`)) url.pathname += (url.pathname.endsWith("/") ? "" : "/") + name;
  return url.href;
}

/** Progress on the standard error, in bytes or a number of files. */
export function progressIn(unit: "bytes" | "files", name: string): Progress {
  const write = (text: string) => void Deno.stderr.writeSync(new TextEncoder().encode(text));
  const options = { terminal: Deno.stderr.isTerminal(), write };
  return new Progress(name, unit === "bytes" ? { ...options, format: (bytes) => format(bytes) } : options);
}

/** Does work in a temporary folder within one that is made, and removes it. */
export async function inTemporary<T>(folder: string, work: (temporary: string) => Promise<T>): Promise<T> {
  await Deno.mkdir(folder, { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: ".unfinished-" });
  try {
    return await work(temporary);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/**
 * Downloads a wheel through pip.
 *
 * @param options The folder that it goes to, empty before; versions of Python to ask for where there is no wheel for
 * the one that runs pip.
 * @throws Error if there is no pip, or if it fails.
 */
export async function downloadWheel(
  requirement: string,
  { folder, pythons = [] }: { folder: string; pythons?: readonly string[] },
): Promise<string> {
  for (const version of [[], ...pythons.map((python) => ["--python-version", python])]) {
    const options = ["--no-deps", "--only-binary=:all:", "--dest", folder, ...version];
    const pip = new Deno.Command("python3", {
      args: ["-m", "pip", "download", ...options, requirement],
      stdout: "inherit",
      stderr: "inherit",
    });
    const { success } = await pip.output().catch((cause) => {
      throw new Error(`Expected python3 with pip but found: ${cause.message}`, { cause });
    });
    if (!success) continue;
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".whl")) return join(folder, name);
  }
  throw new Error(`Expected pip to download ${requirement} but it did not; --from takes a wheel from elsewhere`);
}
