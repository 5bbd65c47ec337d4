import { join } from "node:path";
import { UsageError } from "./_command.ts";
import { exists } from "./_exists.ts";
import { ProgressLine } from "./_progress_line.ts";
import { download } from "./download.ts";
import type { FileFacts, RegistryEntry } from "./registry.ts";
import { verifyFile } from "./verify_file.ts";

/** Where a file may come from. */
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
    using line = new ProgressLine(entry.file, entry.bytes);
    const progress = (bytes: number) => line.update(bytes), log = (text: string) => line.log(text);
    await noting(entry, () => download(path, entry, { urls, progress, log }));
  } else await downloadByPip(entry, path, folder);
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
  if (!(await Deno.stat(path)).isDirectory) return path;
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

async function downloadByPip(entry: RegistryEntry, path: string, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: folder, prefix: ".pip-" });
  try {
    const found = await runPip(["--dest", temporary, entry.pip!]);
    const file = join(temporary, entry.file);
    if (!found || !await exists(file)) {
      throw new Error(`Expected pip to download ${entry.file} but it did not; --from takes one from elsewhere`);
    }
    await verified(file, entry);
    await Deno.rename(file, path);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Whether pip could download. */
async function runPip(options: string[]): Promise<boolean> {
  const args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", ...options];
  try {
    return (await new Deno.Command("python3", { args, stdout: "inherit", stderr: "inherit" }).output()).success;
  } catch (cause) {
    throw new Error(`Expected python3 with pip but found: ${(cause as Error).message}`, { cause });
  }
}
