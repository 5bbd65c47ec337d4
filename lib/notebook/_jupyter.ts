/** How a program ended that Jupyter ran. */
export interface JupyterResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the user can do without Jupyter. */
export const GET_JUPYTER =
  "To get Jupyter: pip install jupyter, in a virtual environment (python3 -m venv .venv && . .venv/bin/activate)";

/**
 * Runs `jupyter` to its end.
 *
 * @param args Its command line.
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
