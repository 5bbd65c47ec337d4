import { basename, dirname, join } from "node:path";
import { exists, replaceFile } from "../files/disk.ts";

/** Writes a whole file, and makes its folder where there is none. */
export async function placeFile(path: string, bytes: Uint8Array): Promise<void> {
  if (!await exists(dirname(path))) await Deno.mkdir(dirname(path), { recursive: true });
  await replaceFile(path, bytes, { temporary: join(dirname(path), `.${basename(path)}.tmp`) });
}
