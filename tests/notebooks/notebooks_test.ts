import { sourceOf, withVariables } from "../../lib/notebook/notebook_file.ts";
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
