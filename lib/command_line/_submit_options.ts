import type { ParsedArguments } from "../config/flags.ts";
import type { RunOptions } from "../run/run.ts";
import type { SubmitOptions } from "./submit.ts";
import { UsageError } from "../config/usage_error.ts";

/** What a cluster is told. */
export function submitOptions(
  { values }: ParsedArguments,
  { command, run }: { command: "submit-slurm" | "submit-kubernetes"; run: RunOptions },
): SubmitOptions {
  const value = (flag: string) => values.get(flag)?.[0];
  const count = (flag: string) => {
    const text = value(flag);
    if (text !== undefined && !/^[1-9]\d*$/.test(text)) {
      throw new UsageError(`Expected a whole number of at least 1 for --${flag} but found ${text}`);
    }
    return text === undefined ? null : Number(text);
  };
  const memory = value("memory") ?? null;
  if (memory !== null && !/^[1-9]\d*[MG]$/.test(memory)) {
    throw new UsageError(`Expected a size such as 8G or 500M for --memory but found ${memory}`);
  }
  const name = value("name") ?? "irnet";
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new UsageError(`Expected small letters, digits and hyphens for --name but found ${name}`);
  }
  return {
    name,
    cpus: count("cpus"),
    memory,
    run,
    flags: ["limit", "on-bad-image"].flatMap((flag) => value(flag) === undefined ? [] : [`--${flag}`, value(flag)!]),
    shards: count("shards") ?? 8,
    writeOnly: values.has("write-only"),
    cluster: command === "submit-slurm"
      ? {
        kind: "slurm",
        partition: value("partition") ?? null,
        time: value("time") ?? null,
        lines: values.get("line") ?? [],
      }
      : {
        kind: "kubernetes",
        image: value("image") ?? "denoland/deno",
        claim: value("claim") ?? "irnet",
        mount: value("mount") ?? "/work",
      },
  };
}
