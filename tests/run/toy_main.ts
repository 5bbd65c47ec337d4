/** The command line with the toy pipeline, as a process of its own. */
import { main } from "../../lib/command_line/main.ts";

const module = new URL("./toy_pipeline.ts", import.meta.url).href;
if (import.meta.main) Deno.exit(await main(Deno.args, { module, evaluationStages: ["evaluation"] }));
