import { dirname, join } from "node:path";

/** Name of the kernel that notebooks ask for. */
const NAME = "deno";

/**
 * Writes what Jupyter needs to start the Deno kernel, with this Deno.
 *
 * @param folder A folder of Jupyter's data.
 * @returns Path of the kernel's description.
 */
export async function writeKernel(folder: string): Promise<string> {
  const path = kernelPath(folder);
  await Deno.mkdir(dirname(path), { recursive: true });
  const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
  await Deno.writeTextFile(path, JSON.stringify({ argv, display_name: "Deno", language: "typescript" }, null, 2));
  return path;
}

/**
 * The program of the Deno kernel that a folder of Jupyter's data has.
 *
 * @param folder A folder of Jupyter's data.
 * @returns Path of the program; `null` where there is no kernel, or where its program is gone.
 */
export async function installedKernel(folder: string): Promise<string | null> {
  try {
    const { argv: [program] } = JSON.parse(await Deno.readTextFile(kernelPath(folder)));
    if (!/[/\\]/.test(program)) return program; // found on the PATH
    await Deno.stat(program);
    return program;
  } catch {
    return null;
  }
}

/** Path of the kernel's description in a folder of Jupyter's data. */
export function kernelPath(folder: string): string {
  return join(folder, "kernels", NAME, "kernel.json");
}
