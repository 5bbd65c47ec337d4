import { join } from "node:path";
import type { Metrics } from "../evaluation/metrics.ts";
import { formatAblation, formatClasses, formatHeadlines } from "./format_metrics.ts";

/** The commands that end with results. */
export type ResultsCommand = "run" | "evaluate" | "ablation";

/**
 * What a command shows in the end, from `evaluation/metrics.json`.
 *
 * @param command The command: `run` shows the headlines, `evaluate` also a row for each class, `ablation` its table.
 * @param workdir The working directory of the run.
 * @returns Lines of text, those of `run` and `evaluate` with the path of the report.
 */
export async function describeResults(command: ResultsCommand, workdir: string): Promise<string> {
  const folder = join(workdir, "evaluation");
  const metrics: Metrics = JSON.parse(await Deno.readTextFile(join(folder, "metrics.json")));
  if (command === "ablation") return formatAblation(metrics);
  const classes = command === "evaluate" ? [formatClasses(metrics)] : [];
  return [formatHeadlines(metrics), ...classes, `Pictures and curves: ${join(folder, "report.html")}`].join("\n\n");
}
