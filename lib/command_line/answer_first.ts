/**
 * Imported by `mod.ts` before the rooms: where that is the program, it answers what needs none of them (help, version,
 * mistakes in the command line) and ends, so that nothing heavy loads.
 * @module
 */
import "./needs_deno.ts";
import { answerAtOnce, say } from "./main.ts";

const program = new URL("../../mod.ts", import.meta.url).href;
const answer = Deno.mainModule === program ? answerAtOnce(Deno.args) : null;
if (answer) Deno.exit(say(answer));
