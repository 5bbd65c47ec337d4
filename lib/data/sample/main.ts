/**
 * Writes the sample data set: `deno task sample --seed 0 --out out/sample-data`.
 * @module
 */
import { runScript } from "../../config/flags.ts";
import { UsageError } from "../../config/usage_error.ts";
import { generateSample } from "./generate_sample.ts";

const HELP = `sample [flags]

Writes the sample data set.`;

const FLAGS = {
  seed: { value: "number", help: "seed of all images, default 0" },
  out: { value: "folder", help: "where it goes, default out/sample-data" },
};

if (import.meta.main) {
  await runScript({ help: HELP, flags: FLAGS }, async ({ seed = "0", out = "out/sample-data" }) => {
    if (!/^\d+$/.test(seed)) throw new UsageError(`Expected --seed to be a whole number but found ${seed}`);
    const started = performance.now();
    await generateSample({ seed: Number(seed), out });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`Wrote the sample data set of seed ${seed} to ${out} in ${seconds} s`);
  });
}
