/**
 * Executes the notebooks without a browser: `deno task notebooks [--workdir dir] [--data dir] [names…]`.
 * @module
 */
import { join, resolve } from "node:path";
import { runScript } from "../config/flags.ts";
import { ROOT } from "./_root.ts";
import { executeNotebook, makePages } from "./execute_notebook.ts";
import { withVariables } from "./notebook_file.ts";

/** Which notebooks are executed, and on what. */
export interface ExecuteOptions {
  /** The working directory of the run. */
  readonly workdir: string;
  /** The data set that it works on. */
  readonly data: string;
  /** Beginnings of the names of notebooks; empty: all. */
  readonly names: readonly string[];
  /** Told what happens. */
  readonly log: (line: string) => void;
}

/**
 * Executes the project's notebooks one after another; executed copies, and a page of each, go to `<workdir>/notebooks`.
 *
 * @param options Which notebooks, on what.
 * @returns The number of notebooks in which a cell failed, or showed nothing though it should.
 * @throws Error that says how to get Jupyter where it is missing, or if there is no such notebook.
 */
export async function executeNotebooks({ workdir, data, names, log }: ExecuteOptions): Promise<number> {
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
  }
  await makePages(folder, files);
  log(`${files.length - failed} of ${files.length} notebooks are fine; executed copies and pages are in ${folder}`);
  return failed;
}

/** Names of the notebooks that begin with one of these; all without any. */
async function notebookFiles(names: readonly string[]): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(join(ROOT, "notebooks")));
  const all = files.map(({ name }) => name).filter((name) => name.endsWith(".ipynb")).sort();
  const unknown = names.find((name) => !all.some((file) => file.startsWith(name)));
  if (unknown !== undefined) throw new Error(`Expected a notebook among ${all.join(", ")} but found ${unknown}`);
  return all.filter((file) => names.length === 0 || names.some((name) => file.startsWith(name)));
}

const HELP = `notebooks [flags] [names]

Executes all notebooks, or those whose names begin so, without a browser.`;

const FLAGS = {
  workdir: {
    value: "folder",
    help: "the run that they show, default out/sample; copies and pages go to its notebooks",
  },
  data: { value: "folder", help: "the data set that it works on, default out/sample-data" },
};

if (import.meta.main) {
  await runScript(
    { help: HELP, flags: FLAGS, positionals: "any" },
    async ({ workdir = "out/sample", data = "out/sample-data" }, { positionals }) => {
      const failed = await executeNotebooks({ workdir, data, names: positionals, log: (line) => console.log(line) });
      if (failed > 0) Deno.exit(1);
    },
  );
}
