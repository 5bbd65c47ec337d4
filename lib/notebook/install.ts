import { installedKernel, jupyter, kernelPath, writeKernel } from "./kernel.ts";

/**
 * Installs the kernel into the folder that Jupyter names as the user's. One that works already stays as it is.
 *
 * @returns Report of what was done, and how to start.
 * @throws Error that says how to get Jupyter where it is missing.
 */
export async function installKernel(): Promise<string> {
  const { success, stdout, stderr } = await jupyter(["--data-dir"]);
  if (!success) throw new Error(`Expected Jupyter to name its folder but found\n${stderr.trim()}`);
  const folder = stdout.trim(), present = await installedKernel(folder);
  const done = present
    ? `The Deno kernel in ${kernelPath(folder)} stays as it is; it runs ${present}.`
    : `Installed the Deno kernel in ${await writeKernel(folder)}.`;
  return [
    done,
    "JupyterLab: jupyter lab --notebook-dir=. notebooks/00_start_here.ipynb",
    "VS Code: with its extensions Deno and Jupyter, open a notebook and choose the kernel Deno.",
  ].join("\n");
}

if (import.meta.main) {
  try {
    console.log(await installKernel());
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
