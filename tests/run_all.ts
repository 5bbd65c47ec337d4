/**
 * All tests, and after them what was skipped and why (`deno task test`; arguments go to `deno test`).
 * @module
 */
import { SKIPPED_FILE } from "./needs.ts";

const file = await Deno.makeTempFile();
let code = 1;
try {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--quiet", ...(Deno.args.length > 0 ? Deno.args : ["tests"])],
    env: { [SKIPPED_FILE]: file },
    stdin: "null",
  }).spawn();
  code = (await child.status).code;
  const lines = new Set((await Deno.readTextFile(file)).split("\n").filter((line) => line !== ""));
  for (const line of [...lines].sort()) console.log(`Skipped: ${line}`);
} finally {
  await Deno.remove(file);
}
Deno.exit(code);
