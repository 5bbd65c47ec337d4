/**
 * Entry of `deno task`: the command line, which starts itself again in a process that may read and write no more
 * than its arguments and its configuration name (`confine.ts`).
 * @module
 */
import "./needs_deno.ts";
import { main } from "./main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, { confine: true }));
