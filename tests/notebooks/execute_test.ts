import { executeNotebook, executeNotebooks, makePages } from "../../lib/notebook/execute.ts";
import type { Cell, Notebook } from "../../lib/notebook/notebook_file.ts";
import { committedText, pictureCounts } from "../../lib/notebook/outputs.ts";
import { assert, assertEquals } from "../assert.ts";
import { lacks } from "../needs.ts";
import { readNotebooks } from "./read_notebooks.ts";

const hasJupyter = await startsJupyter();

async function startsJupyter(): Promise<boolean> {
  try {
    return (await new Deno.Command("jupyter", { args: ["nbconvert", "--version"] }).output()).success;
  } catch { // where there is none, starting it throws
    return false;
  }
}

const code = (source: string, tags: string[] = []): Cell & { execution_count: null } => ({
  cell_type: "code",
  source,
  outputs: [],
  execution_count: null,
  metadata: { tags },
});

/** Cells as a notebook that Jupyter accepts. */
const notebook = (cells: Cell[]) => ({
  cells: cells.map((cell, n) => ({ ...cell, id: `cell-${n}` })),
  metadata: { kernelspec: { name: "deno", display_name: "Deno", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/** Runs a program of the room where there is no Jupyter. */
async function withoutJupyter(program: string): Promise<{ code: number; errors: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", new URL(`../../lib/notebook/${program}`, import.meta.url).pathname],
    env: { PATH: "", NO_COLOR: "1" },
  }).output();
  return { code, errors: new TextDecoder().decode(stderr) };
}

Deno.test("tasks on notebooks say how to get Jupyter where it is missing", async () => {
  for (const program of ["execute.ts", "install.ts"]) {
    const { code, errors } = await withoutJupyter(program);
    assertEquals(code, 1, program);
    assert(errors.includes("pip install jupyter"), errors);
  }
});

Deno.test({
  name: "executeNotebook() loses no figure, imports the library, and names cells that fail or show nothing",
  ignore: lacks("jupyter", hasJupyter),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const figure = `await show({ [Symbol.for("Jupyter.display")]: async () => ({ "image/png": "iVBORw0KGgo=" }) });`;
    const cells = [
      code(`import { show } from "@irnet/irnet/figures";`),
      ...Array.from({ length: 30 }, () => code(figure, ["figure"])),
    ];
    try {
      assertEquals(await executeNotebook(notebook(cells), { folder, name: "fine.ipynb" }), []);
      await makePages(folder, ["fine.ipynb"]);
      assert((await Deno.readTextFile(`${folder}/fine.html`)).includes("image/png"));

      const text = figure.replace("image/png", "text/plain");
      const bad = [cells[0]!, code("1 + 1", ["figure"]), code(text, ["text"])];
      assertEquals(await executeNotebook(notebook(bad), { folder, name: "bad.ipynb" }), ["cell 2 shows no figure"]);
      const broken = [code("const n: number = 1;"), code(`throw new Error("broken here");`), code("n")];
      const problems = await executeNotebook(notebook(broken), { folder, name: "broken.ipynb" });
      assertEquals(problems.length, 1);
      assert(problems[0]!.startsWith("cell 2 failed:") && problems[0]!.includes("broken here"), problems[0]!);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

// Minutes: makes the sample run, or goes on with it. IRNET_NOTEBOOKS is the number of rounds.
const rounds = Number(Deno.env.get("IRNET_NOTEBOOKS") ?? 0);
Deno.test({
  name: "all notebooks execute, and show all their figures, every time",
  ignore: lacks("jupyter", hasJupyter) || lacks("rounds", rounds > 0),
  fn: async () => {
    const root = new URL("../../", import.meta.url).pathname;
    for (let round = 0; round < rounds; round++) {
      const options = { workdir: `${root}out/sample`, data: `${root}out/sample-data`, names: [] };
      assertEquals(await executeNotebooks({ ...options, log: (line) => console.log(line) }), 0);
      for (const { name, cells } of await readNotebooks()) {
        const shown = JSON.parse(await Deno.readTextFile(`${options.workdir}/notebooks/${name}`)) as Notebook;
        const isOptional = cells.some(({ metadata: { tags } }) => tags?.includes("optional"));
        const committed = await committedText(name);
        if (committed !== null && !isOptional) {
          assertEquals(pictureCounts(shown), pictureCounts(JSON.parse(committed)), name);
        }
      }
    }
  },
});
