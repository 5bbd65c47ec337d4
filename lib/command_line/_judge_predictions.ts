import type { Config } from "../config/config.ts";
import type { ParsedArguments } from "../config/flags.ts";
import { interruptible } from "./_interruptible.ts";
import { optional } from "./_optional.ts";
import type { RunOptions } from "../run/run.ts";
import { UsageError } from "../config/usage_error.ts";

/** Scores of what another program predicted, as text; `null` where the command line names none. */
export async function judgePredictions(
  { values }: ParsedArguments,
  { config, options: { progress } }: { config: Config; options: RunOptions },
): Promise<string | null> {
  const value = (flag: string) => values.get(flag)?.[0];
  const predictions = value("predictions"), truth = value("truth"), out = value("out");
  const alone = ["truth", "out"].find((flag) => values.has(flag));
  if (predictions === undefined) {
    if (alone) throw new UsageError(`Expected --predictions with --${alone} but found none`);
    return null;
  }
  if (truth !== undefined && values.has("list")) {
    throw new UsageError("Expected no --list with --truth: the file names its images");
  }
  const { exists } = await import("../files/disk.ts");
  for (const [flag, path] of [["predictions", predictions], ["truth", truth]] as const) {
    if (path !== undefined && !await exists(path)) {
      throw new UsageError(`Expected a file or folder for --${flag} but found none at ${path}`);
    }
  }
  if (truth === undefined) (await import("../config/check_paths.ts")).checkPaths(config);
  const { formatPredictionScores, scorePredictions } = await import("../results/score_predictions.ts");
  const scores = await interruptible((signal) =>
    scorePredictions(config, {
      predictions,
      ...optional("truth", truth),
      ...optional("list", value("list")),
      ...optional("progress", progress),
      signal,
    })
  );
  if (out !== undefined) await Deno.writeTextFile(out, `${JSON.stringify(scores, null, 2)}\n`);
  return formatPredictionScores(scores);
}
