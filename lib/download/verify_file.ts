import { Checksums } from "../files/_checksums.ts";
import type { FileFacts } from "./registry.ts";

/**
 * Verifies a file's size and checksums.
 *
 * @param path The file.
 * @param facts What it must be.
 * @throws Error naming the file and the first that differs.
 */
export async function verifyFile(path: string, facts: FileFacts): Promise<void> {
  const { size } = await Deno.stat(path);
  if (size !== facts.bytes) throw new Error(`Expected ${facts.bytes} bytes in ${path} but found ${size}`);
  const checksums = new Checksums(facts);
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let read; (read = await file.read(buffer)) !== null;) checksums.update(buffer.subarray(0, read));
  const problem = checksums.problem();
  if (problem) throw new Error(`${problem} in ${path}`);
}
