/** The toy pipeline as a process that dies at the operation on files whose number is its first argument. */
import { main } from "../../lib/command_line/main.ts";
import { toys } from "../run/workspace.ts";
import { sabotage } from "./sabotage.ts";

const [at, ...args] = Deno.args;
sabotage({ at: Number(at), kind: "kill" });
Deno.exit(await main(args, { module: toys }));
