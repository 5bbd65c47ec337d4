import { SafeFolder, type UnpackLimits } from "./_safe_folder.ts";
import { readTar } from "./tar.ts";

export type { UnpackLimits } from "./_safe_folder.ts";

/**
 * Unpacks a tar archive that need not be trusted, as it streams by. Nothing is written outside the folder, and no file
 * that is there already is changed.
 *
 * @param stream Its bytes, not compressed.
 * @param folder Where its contents go, best a new folder: what was unpacked before an error stays.
 * @param options Its name for messages, and limits.
 * @throws Error naming the entry where it is a link or device, has a path with `..` or an absolute one, or exceeds a
 * limit; Error naming the offset where the archive is damaged.
 */
export async function unpackTar(
  stream: ReadableStream<Uint8Array>,
  folder: string,
  { name, limits }: { name: string; limits: UnpackLimits },
): Promise<void> {
  const target = new SafeFolder(folder, { archive: name, limits });
  for await (const { path, type, content } of readTar(stream, name)) {
    if (type === "file") await target.writeFile(path, content);
    else if (type === "folder") await target.makeFolder(path);
    else {throw new Error(
        `Expected files and folders in ${name} but found, at ${JSON.stringify(path)}, a ${type} entry`,
      );}
  }
}
