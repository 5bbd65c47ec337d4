import { type Cell, problemsOf, sourceOf, withVariables } from "../../lib/notebook/notebook_file.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const cell = (source: string, tags: string[] = [], outputs: Cell["outputs"] = []): Cell => ({
  cell_type: "code",
  source,
  outputs,
  metadata: { tags },
});
const display = (type: string) => ({ output_type: "display_data", data: { [type]: "…" } });

Deno.test("withVariables() changes only the declarations in the tagged cell", () => {
  const cells = [cell('const data = "x";'), cell('const workdir = "w"; // a\nconst data = "d"; // b', ["variables"])];
  const changed = withVariables({ cells }, { workdir: "$&", data: "new" });
  assertEquals(changed.cells.map(sourceOf), [
    'const data = "x";',
    'const workdir = "$&"; // a\nconst data = "new"; // b',
  ]);
  assertThrows(
    () => withVariables({ cells: [cell("", ["variables"])] }, { workdir: "", data: "" }),
    Error,
    "const workdir",
  );
});

Deno.test("problemsOf() names the first cell that failed", () => {
  const failed = [{ output_type: "error", ename: "TypeError", evalue: "no such thing" }];
  const cells = [cell(""), cell("", ["figure"], failed), cell("", [], failed)];
  assertEquals(problemsOf({ cells }), ["cell 2 failed: no such thing"]);
});

Deno.test("problemsOf() misses figures and texts", () => {
  const cells = [
    cell("", ["figure"], [display("image/png")]),
    cell("", ["figure"], [display("text/plain")]),
    cell("", ["text"], [display("text/plain")]),
    cell("", ["text"], [{ output_type: "stream" }]),
    cell("", []),
  ];
  assertEquals(problemsOf({ cells }), ["cell 2 shows no figure", "cell 4 shows no text"]);
});

Deno.test("problemsOf() takes a text in place of an optional figure, but not nothing", () => {
  const tags = ["figure", "optional"];
  const cells = [cell("", tags, [display("image/png")]), cell("", tags, [display("text/plain")]), cell("", tags)];
  assertEquals(problemsOf({ cells }), ["cell 3 shows no figure"]);
});
