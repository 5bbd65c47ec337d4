/**
 * Executes the notebooks without a browser, and keeps their files tidy: `deno task notebooks [flags] [names…]`.
 * @module
 */
import { join, resolve } from "node:path";
import { type Flags, runScript } from "../config/flags.ts";
import { GET_JUPYTER, jupyter, writeKernel } from "./kernel.ts";
import { type Notebook, problemsOf, withVariables } from "./notebook_file.ts";
import { committedText, notebookText, withOutputs, withoutRun, withSmallPictures } from "./outputs.ts";
import { ROOT } from "./settings.ts";

/** Notebooks to execute, and the run that they show. */
export interface ExecuteOptions {
  /** The working directory of the run. */
  readonly workdir: string;
  /** The data set that it works on. */
  readonly data: string;
  /** Beginnings of the names of notebooks; empty: all. */
  readonly names: readonly string[];
  /** Puts pictures and texts into the project's notebooks, those without problems. Default: false. */
  readonly commitOutputs?: boolean;
  /** Receives a line for each notebook, and one in the end. */
  readonly log: (line: string) => void;
}

/**
 * Executes the project's notebooks one after another; executed copies, and a page of each, go to `<workdir>/notebooks`.
 *
 * @param options Notebooks and run.
 * @returns The number of notebooks in which a cell failed, or showed nothing though it should.
 * @throws Error that says how to get Jupyter where it is missing, or if there is no such notebook.
 */
export async function executeNotebooks(
  { workdir, data, names, commitOutputs = false, log }: ExecuteOptions,
): Promise<number> {
  const files = await notebookFiles(names), folder = resolve(workdir, "notebooks");
  let failed = 0;
  for (const name of files) {
    const started = performance.now();
    const notebook = JSON.parse(await Deno.readTextFile(join(ROOT, "notebooks", name)));
    const variables = { workdir: resolve(workdir), data: resolve(data) };
    const problems = await executeNotebook(withVariables(notebook, variables), { folder, name });
    const seconds = Math.round((performance.now() - started) / 1000);
    log(`${name}: ${problems.length === 0 ? "done" : "FAILED"} in ${seconds} s`);
    for (const problem of problems) log(`  ${problem}`);
    if (problems.length > 0) failed++;
    else if (commitOutputs) {
      const executed = JSON.parse(await Deno.readTextFile(join(folder, name)));
      await Deno.writeTextFile(
        join(ROOT, "notebooks", name),
        notebookText(await withSmallPictures(withOutputs(notebook, executed))),
      );
    }
  }
  await makePages(folder, files);
  log(`${files.length - failed} of ${files.length} notebooks are fine; executed copies and pages are in ${folder}`);
  return failed;
}

/**
 * Gives notebooks that were run and saved the outputs that they were committed with; changes of texts and code stay.
 *
 * @param names Beginnings of the names of notebooks; empty: all.
 * @returns Names of the files that changed.
 * @throws Error where the project is no git repository.
 */
export async function cleanNotebooks(names: readonly string[]): Promise<string[]> {
  const changed: string[] = [];
  for (const name of await notebookFiles(names)) {
    const path = join(ROOT, "notebooks", name), saved = await Deno.readTextFile(path);
    const committed = await committedText(name);
    if (committed === null) throw new Error(`Expected ${name} in a git repository but found none that knows it`);
    const clean = notebookText(withoutRun(JSON.parse(saved), JSON.parse(committed)));
    if (clean === saved) continue;
    await Deno.writeTextFile(path, clean);
    changed.push(name);
  }
  return changed;
}

/** Names of the notebooks that begin with one of these; all without any. */
async function notebookFiles(names: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(join(ROOT, "notebooks")));
  const all = files.map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
  const unknown = names.find((name) => !all.some((file) => file.startsWith(name)));
  if (unknown !== undefined) throw new Error(`Expected a notebook among ${all.join(", ")} but found ${unknown}`);
  return all.filter((file) => names.length === 0 || names.some((name) => file.startsWith(name)));
}

/** Seconds that a busy machine may take to start a kernel, and to hand over what a cell shows. */
const PATIENCE = ["--ExecutePreprocessor.startup_timeout=600", "--ExecutePreprocessor.iopub_timeout=60"];

/** Folder and name of an executed notebook. */
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
 * @param options Folder and name of the copy.
 * @returns One line for each problem, as of `problemsOf()`.
 * @throws Error that says how to get Jupyter where it is missing.
 */
export async function executeNotebook(notebook: Notebook, { folder, name }: ExecuteNotebookOptions): Promise<string[]> {
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

const HELP = `notebooks [flags] [names]

Executes all notebooks, or those whose names begin so, without a browser.

After running and saving notebooks, --clean gives their files the outputs that they were committed with, so that git
sees only what you have changed.`;

const FLAGS = {
  workdir: {
    value: "folder",
    help: "the run that they show, default out/sample; copies and pages go to its notebooks",
    path: "uses",
  },
  data: { value: "folder", help: "the data set that it works on, default out/sample-data", path: "reads" },
  "commit-outputs": {
    help: "puts pictures and texts into the notebooks themselves, without Plotly's library and logs",
  },
  clean: { help: "executes nothing; undoes what running and saving has changed in the notebooks' files" },
} satisfies Flags;

if (import.meta.main) {
  await runScript(
    { help: HELP, flags: FLAGS, positionals: "any" },
    async (flags, { positionals }) => {
      const { workdir = "out/sample", data = "out/sample-data", "commit-outputs": commits, clean } = flags;
      if (clean !== undefined) {
        const changed = await cleanNotebooks(positionals);
        return console.log(changed.length > 0 ? `Cleaned: ${changed.join(", ")}` : "Every notebook is as committed");
      }
      const failed = await executeNotebooks({
        ...{ workdir, data, names: positionals, commitOutputs: commits !== undefined },
        log: (line) => console.log(line),
      });
      if (failed > 0) Deno.exit(1);
    },
  );
}
