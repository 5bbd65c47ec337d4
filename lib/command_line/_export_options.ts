import { closestString } from "@std/text/closest-string";
import type { ParsedArguments } from "../config/flags.ts";
import { optional } from "./_optional.ts";
import { EXPORT_FORMATS, INSTANCE_STAGES } from "../results/export_formats.ts";
import type { ExportOptions } from "../results/export_formats.ts";
import type { RunOptions } from "../run/run.ts";
import { UsageError } from "../config/usage_error.ts";

/** What is exported, and how. @throws UsageError for flags that do not exist, or do not go together. */
export function exportOptions({ values }: ParsedArguments, { workdir, limit, progress }: RunOptions): ExportOptions {
  const value = (flag: string) => values.get(flag)?.[0];
  const format = value("format") ?? "coco", score = value("score"), competition = value("competition");
  if (!isOneOf(EXPORT_FORMATS, format)) {
    throw new UsageError(
      `Expected --format ${EXPORT_FORMATS.join(", ")} but found ${format}; the nearest is ${
        closestString(format, EXPORT_FORMATS)
      }`,
    );
  }
  if (score !== undefined && !(Number(score) >= 0 && Number(score) <= 1)) {
    throw new UsageError(`Expected a number of 0 to 1 for --score but found ${score}`);
  }
  if (competition !== undefined && !isOneOf(["comp5", "comp6"] as const, competition)) {
    throw new UsageError(`Expected --competition comp5 or comp6 but found ${competition}`);
  }
  const stage = value("stage") ?? "instance";
  if (!isOneOf(INSTANCE_STAGES, stage)) {
    throw new UsageError(`Expected --stage ${INSTANCE_STAGES.join(", ")} but found ${stage}`);
  }
  const useless = format === "voc-server" ? ["score", "true-masks", "limit", "stage"] : ["predictions", "competition"];
  const found = useless.find((flag) => values.has(flag));
  if (found) throw new UsageError(`Expected no --${found} with --format ${format} but found it`);
  if (values.has("stage") && values.has("true-masks")) {
    throw new UsageError("Expected no --stage with --true-masks but found it");
  }
  if (values.has("true-masks") && (format === "coco-results" || score !== undefined)) {
    throw new UsageError("Expected neither --score nor --format coco-results with --true-masks, which have no scores");
  }
  return {
    workdir,
    format,
    ...optional("out", value("out")),
    ...optional("list", value("list")),
    stage,
    ...optional("score", score === undefined ? undefined : Number(score)),
    truth: values.has("true-masks"),
    ...optional("predictions", value("predictions")),
    ...optional("competition", competition),
    ...optional("limit", limit),
    ...optional("progress", progress),
  };
}

function isOneOf<T extends string>(choices: readonly T[], text: string): text is T {
  return (choices as readonly string[]).includes(text);
}
