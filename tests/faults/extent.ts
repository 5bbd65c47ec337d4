/** How much of the campaign is done: a sample in `deno task test`, all of it in `deno task faults`. */
const full = Deno.env.get("IRNET_FAULTS") === "full";

/** Runs that are killed, how often each of them is, rounds of damage, and operations between two that fail. */
export const extent: Readonly<{ runs: number; kills: number; rounds: number; stride: number }> = full
  ? { runs: 20, kills: 10, rounds: 20, stride: 1 }
  : { runs: 1, kills: 5, rounds: 1, stride: 13 };
