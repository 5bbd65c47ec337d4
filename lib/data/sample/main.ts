/**
 * Writes the sample data set: `deno task sample --seed 0 --out out/sample-data`.
 * @module
 */
import { parseArgs } from "node:util";
import { generateSample } from "./generate_sample.ts";

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { seed: { type: "string", default: "0" }, out: { type: "string", default: "out/sample-data" } },
    });
    if (!/^\d+$/.test(values.seed)) throw new Error(`Expected --seed to be a whole number but found ${values.seed}`);
    const started = performance.now();
    await generateSample({ seed: Number(values.seed), out: values.out });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`Wrote the sample data set of seed ${values.seed} to ${values.out} in ${seconds} s`);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
}
