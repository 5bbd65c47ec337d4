import { assert } from "../assert.ts";

Deno.test("run needs no more memory for many entries than for few", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", "--v8-flags=--expose-gc"],
      ...[new URL("./memory.ts", import.meta.url).pathname, "48", "16"],
    ],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(success, new TextDecoder().decode(stderr));
  const rows = [...text.matchAll(/^(\w+) +(\d+) MiB at 16, +(\d+) MiB at 48$/gm)];
  assert(rows.length === 6, text);
  for (const [row, , early, late] of rows) assert(Number(late) - Number(early) < 50, row);
});
