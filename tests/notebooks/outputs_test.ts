import sharp from "sharp";
import { encodePicture } from "../../lib/figures/mod.ts";
import {
  committedText,
  notebookText,
  pictureCounts,
  withOutputs,
  withoutRun,
  withSmallPictures,
} from "../../lib/notebook/outputs.ts";
import type { Cell, Notebook } from "../../lib/notebook/notebook_file.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

const code = (id: string, source: string, more: Partial<Cell> = {}): Cell => ({
  ...{ cell_type: "code", id, source, metadata: {}, execution_count: null, outputs: [] },
  ...more,
});
const shown = (data: Record<string, unknown>) => ({ output_type: "display_data", data, metadata: {} });

Deno.test("withOutputs() keeps pictures and texts, and nothing that a run leaves besides", () => {
  const notebook: Notebook = { cells: [code("a", "1"), { cell_type: "markdown", source: "b", metadata: {} }] };
  const executed = code("a", "other", {
    execution_count: 7,
    outputs: [
      { output_type: "stream" },
      shown({ "text/html": "<script>" }),
      shown({ "text/html": "<img>", "application/vnd.plotly.v1+json": {}, "image/png": "AA", "text/plain": "b\nc" }),
      { output_type: "execute_result", data: { "text/plain": "3" } },
    ],
  });
  const done = withOutputs(notebook, { cells: [executed, notebook.cells[1]!] });
  assertEquals(
    done.cells[0],
    code("a", "1", { outputs: [shown({ "image/png": ["AA"], "text/plain": ["b\n", "c"] })] }),
  );
  assertEquals(done.cells[1], notebook.cells[1]);
  assertEquals(pictureCounts(done), [1, 0]);
  assertThrows(() => withOutputs(notebook, { cells: [] }), Error, "Expected 2 executed cells but found 0");
});

Deno.test("withSmallPictures() makes wide pictures narrower, and leaves all else", async () => {
  const wide = await encodePicture({ height: 10, width: 1000, data: new Uint8Array(30_000) });
  const cell = code("a", "1", { outputs: [shown({ "image/png": [wide.toBase64()], "text/plain": ["b"] })] });
  const { cells: [small] } = await withSmallPictures({ cells: [cell] });
  const data = small!.outputs![0]!.data as Record<string, string[]>;
  assertEquals(data["text/plain"], ["b"]);
  const { width } = await sharp(Uint8Array.fromBase64(data["image/png"]!.join(""))).metadata();
  assertEquals(width, 760);
});

Deno.test("withoutRun() brings back what was committed, and keeps what the reader changed", () => {
  const committed: Notebook = { cells: [code("a", ["1\n", "2"] as never, { outputs: [shown({ "image/png": "A" })] })] };
  const run = { execution_count: 3, outputs: [{ output_type: "stream" }], metadata: { scrolled: true } as never };
  assertEquals(withoutRun({ cells: [code("a", "1\n2", run)] }, committed), committed);
  const changed = withoutRun({ cells: [code("a", "1\n3", run), code("new", "4", run)] }, committed);
  assertEquals(changed.cells[0], { ...committed.cells[0]!, source: "1\n3" });
  assertEquals(changed.cells[1]!.outputs, []);
});

Deno.test("committedText() reads what git knows, and the text of a notebook is as Jupyter writes it", async () => {
  assertEquals(await committedText("no_such.ipynb"), null);
  const text = await committedText("00_start_here.ipynb");
  if (text !== null) assert(text === notebookText(JSON.parse(text)), "other layout");
});
