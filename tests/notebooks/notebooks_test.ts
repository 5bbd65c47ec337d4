import { type Notebook, sourceOf, withVariables } from "../../lib/notebook/notebook_file.ts";
import { committedText, notebookText, pictureCounts } from "../../lib/notebook/outputs.ts";
import { assert, assertEquals } from "../assert.ts";
import { codeOf, folder, readNotebooks } from "./read_notebooks.ts";

const notebooks = await readNotebooks();
const config = new URL("../../deno.json", import.meta.url).pathname;

/** Runs Deno on files, and returns what it complains about. */
async function complaints(args: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  const temporary = await Deno.makeTempDir();
  try {
    const paths = Object.keys(files).map((name) => `${temporary}/${name}`);
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${temporary}/${name}`, text);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args, "--quiet", ...paths],
      env: { NO_COLOR: "1" },
    }).output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** The code of each notebook. */
const programs = Object.fromEntries(notebooks.map(({ name, cells }) => [`${name}.ts`, codeOf(cells)]));

Deno.test("there is a notebook for every step, of ten to thirty cells", () => {
  assertEquals(notebooks.map(({ name }) => name.slice(0, 2)), ["00", "01", "02", "03", "04", "05", "06", "07", "08"]);
  for (const { name, cells } of notebooks) assert(cells.length >= 10 && cells.length <= 30, `${name}: ${cells.length}`);
});

/** The notebooks as they were committed: what a reader has run and saved is the reader's. Without git, as they are. */
const committed = await Promise.all(notebooks.map(async ({ name, cells }): Promise<{ name: string; text: string }> => {
  return { name, text: await committedText(name) ?? notebookText({ cells }) };
}));

Deno.test("committed notebooks show a picture below every cell that draws one, and hold nothing else of a run", () => {
  for (const { name, text } of committed) {
    const notebook: Notebook = JSON.parse(text), counts = pictureCounts(notebook);
    for (const [n, { outputs = [], execution_count = null, metadata: { tags = [] } }] of notebook.cells.entries()) {
      const place = `${name}, cell ${n + 1}`, types = outputs.flatMap(({ data = {} }) => Object.keys(data));
      const hasText = tags.includes("text") || tags.includes("optional");
      if (!tags.includes("optional") || outputs.length === 0) {
        assertEquals(counts[n], tags.includes("figure") ? 1 : 0, place);
      }
      if (hasText) assert(types.includes("text/plain"), place);
      if (tags.length === 0) assertEquals(outputs, [], place);
      assert(types.every((type) => type === "image/png" || type === "text/plain"), `${place}: ${types}`);
      assertEquals(execution_count, null, place);
    }
  }
  const bytes = committed.reduce((sum, { text }) => sum + text.length, 0);
  assert(bytes < 5e6, `Expected less than 5 MB but found ${bytes} bytes`);
});

Deno.test("the code of notebooks has types that fit", async () => {
  assertEquals(await complaints(["check", "--config", config], programs), "");
});

Deno.test("the code of notebooks is clean to the linter", async () => {
  assertEquals(await complaints(["lint", "--config", config], programs), "");
});

// deno fmt formats notebooks, but its --check is only content with cells that end in an empty line.
Deno.test("texts and code are formatted: deno fmt --no-config --line-width 120 notebooks", async () => {
  const texts = notebooks.flatMap(({ name, cells }) =>
    cells.filter((cell) => cell.cell_type === "markdown").map((cell, n) => [`${name}-${n}.md`, `${sourceOf(cell)}\n`])
  );
  const files = { ...programs, ...Object.fromEntries(texts) };
  assertEquals(await complaints(["fmt", "--check", "--no-config", "--line-width", "120"], files), "");
});

Deno.test("cells that show something say so with a tag, and show one thing", () => {
  for (const { name, cells } of notebooks) {
    for (const [n, cell] of cells.entries()) {
      const source = sourceOf(cell), { tags = [] } = cell.metadata;
      const shown = cell.cell_type === "code" ? source.match(/\bshow\(/g)?.length ?? 0 : 0;
      const tagged = tags.filter((tag) => tag === "figure" || tag === "text");
      assertEquals(tagged.length, shown, `${name}, cell ${n + 1}`);
      if (shown > 0) {
        assertEquals(tagged, [/show\(\s*plainText\(/.test(source) ? "text" : "figure"], `${name}, cell ${n + 1}`);
      }
    }
    assert(cells.some(({ metadata: { tags } }) => tags?.includes("figure")), name);
  }
});

Deno.test("two variables set where a notebook looks, and nothing else does", () => {
  for (const { name, cells } of notebooks) {
    const changed = withVariables({ cells }, { workdir: "/a b/run", data: 'C:\\"data"' });
    const code = codeOf(changed.cells);
    assert(code.includes('const workdir = "/a b/run"; //'), name);
    assert(code.includes(String.raw`const data = "C:\\\"data\""; //`), name);
    assert(!code.includes("out/sample"), name);
    assertEquals(code.match(/openRun\(\{ workdir, data \}/g)?.length, 1, name);
  }
});

Deno.test("notebooks link each other", async () => {
  for (const { cells } of notebooks) {
    for (const [, target] of cells.map(sourceOf).join("\n").matchAll(/\]\((\d\d_\w+\.ipynb)\)/g)) {
      await Deno.stat(new URL(target!, folder));
    }
  }
});
