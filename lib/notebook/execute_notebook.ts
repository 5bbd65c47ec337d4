import { join } from "node:path";
import { GET_JUPYTER, jupyter } from "./_jupyter.ts";
import { ROOT } from "./_root.ts";
import { writeKernel } from "./kernel.ts";
import { type Notebook, problemsOf } from "./notebook_file.ts";

/** Seconds that a busy machine may take to start a kernel, and to hand over what a cell shows. */
const PATIENCE = ["--ExecutePreprocessor.startup_timeout=600", "--ExecutePreprocessor.iopub_timeout=60"];

/** Where an executed notebook goes. */
export interface ExecuteNotebookOptions {
  /** Folder of the executed copy; Jupyter's own files go below it. */
  readonly folder: string;
  /** Name of the notebook's file. */
  readonly name: string;
}

/**
 * Executes a notebook in a kernel of its own, as if it lay among the project's notebooks, and writes an executed copy.
 * Kernels, settings and files of the user's Jupyter are not touched.
 *
 * @param notebook The notebook.
 * @param options Where it goes.
 * @returns What went wrong, one line for each problem, as of `problemsOf()`.
 * @throws Error that says how to get Jupyter where it is missing.
 */
export async function executeNotebook(
  notebook: Notebook,
  { folder, name }: ExecuteNotebookOptions,
): Promise<string[]> {
  const env = await privateJupyter(join(folder, ".jupyter"));
  const executed = await jupyter(
    ["nbconvert", "--to=notebook", "--execute", "--allow-errors", "--stdin", "--stdout", ...PATIENCE],
    { input: JSON.stringify(notebook), cwd: join(ROOT, "notebooks"), env },
  );
  if (!executed.success) {
    throw new Error(`Expected Jupyter to execute ${name} but found\n${executed.stderr.trim()}\n${GET_JUPYTER}`);
  }
  await Deno.writeTextFile(join(folder, name), executed.stdout);
  return problemsOf(JSON.parse(executed.stdout));
}

/**
 * Makes a page of each of some executed notebooks, beside them.
 *
 * @param folder Folder of the notebooks.
 * @param names Names of their files.
 * @throws Error if Jupyter cannot read one.
 */
export async function makePages(folder: string, names: readonly string[]): Promise<void> {
  const { success, stderr } = await jupyter(
    ["nbconvert", "--to=html", ...names.map((name) => join(folder, name))],
    { env: await privateJupyter(join(folder, ".jupyter")) },
  );
  if (!success) throw new Error(`Expected Jupyter to make pages of ${names.join(", ")} but found\n${stderr.trim()}`);
}

/** Variables for a Jupyter with a kernel, settings and files of its own. */
async function privateJupyter(folder: string): Promise<Record<string, string>> {
  const more = Deno.env.get("JUPYTER_PATH");
  const env = {
    JUPYTER_PATH: [join(folder, "data"), ...(more ? [more] : [])].join(Deno.build.os === "windows" ? ";" : ":"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    NO_COLOR: "1",
  };
  await writeKernel(join(folder, "data"));
  return env;
}
