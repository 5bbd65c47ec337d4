/** Python with NumPy, where the machine has one. */
const python = Deno.env.get("IRNET_PYTHON") ?? "python3";

/** Runs Python code and returns what it prints. */
export async function runPython(code: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(python, { args: ["-c", code, ...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Whether there is a Python with NumPy. */
export const withNumpy: boolean = await runPython("import numpy").then(() => true, () => false);
