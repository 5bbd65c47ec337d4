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
  const command = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
  // A Deno that npx runs lies in npm's cache: where that was emptied, npx fetches it again.
  const argv = /[/\\]_npx[/\\]/.test(Deno.execPath()) && Deno.build.os !== "windows"
    ? ["sh", "-c", '[ -x "$0" ] && exec "$0" "$@"; exec npx -y deno "$@"', ...command]
    : command;
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
    const { argv } = JSON.parse(await Deno.readTextFile(kernelPath(folder)));
    const program = argv[0] === "sh" ? argv[3] : argv[0];
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

/** Outcome of a program of Jupyter's. */
interface JupyterResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Advice where Jupyter is missing. */
export const GET_JUPYTER =
  "To get Jupyter: pip install jupyter, in a virtual environment (python3 -m venv .venv && . .venv/bin/activate)";

/**
 * Runs `jupyter` to its end.
 *
 * @param options Text for its standard input, its folder, and more variables of its environment.
 * @throws Error that says how to get Jupyter where there is none.
 */
export async function jupyter(
  args: readonly string[],
  { input = "", cwd, env = {} }: { input?: string; cwd?: string; env?: Record<string, string> } = {},
): Promise<JupyterResult> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("jupyter", {
      args: [...args],
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Expected Jupyter but found no command jupyter. ${GET_JUPYTER}`);
  }
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  await written; // a program that does not read its input ends first
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
