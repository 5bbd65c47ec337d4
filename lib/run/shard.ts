import { UsageError } from "../config/usage_error.ts";

/** Part of the images: every `count`-th, from the `index`-th on. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** Number of shards. */
  readonly count: number;
}

/** All images. */
export const WHOLE: Shard = { index: 0, count: 1 };

const INDICES = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];

/**
 * Reads `i/n`, `auto/n` (the task of a Slurm array, or the index of a Kubernetes job, of n) or `auto` (a whole Slurm
 * array, whose first task may have any number). Parts of an array that are run again need `auto/n`: Slurm then tells the
 * number of tasks that are run, not of shards.
 *
 * @param text Value of `--shard`.
 * @param environment Gives variables of the environment.
 * @returns The shard.
 * @throws UsageError if it is none of these, or if the variables are missing.
 */
export function parseShard(
  text: string,
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Shard {
  const found = /^(\d+|auto)(?:\/(\d+))?$/.exec(text);
  if (!found || (found[1] !== "auto" && found[2] === undefined)) {
    throw new UsageError(`Expected --shard i/n, auto or auto/n but found ${text}`);
  }
  const variable = (...names: string[]) => {
    const value = names.map(environment).find((value) => value !== undefined);
    if (!value || !/^\d+$/.test(value)) {
      throw new UsageError(
        `Expected a number in ${names.join(" or ")} for --shard ${text} but found ${value ?? "nothing"}`,
      );
    }
    return Number(value);
  };
  let [index, count] = [Number(found[1]), Number(found[2])];
  if (found[1] === "auto" && found[2] !== undefined) {
    index = variable(...INDICES);
  } else if (found[1] === "auto") {
    index = variable("SLURM_ARRAY_TASK_ID") - variable("SLURM_ARRAY_TASK_MIN");
    count = variable("SLURM_ARRAY_TASK_COUNT");
  }
  if (!(index >= 0 && index < count)) {
    throw new UsageError(`Expected a shard from 0/${count} to ${count - 1}/${count} but found ${index}/${count}`);
  }
  return { index, count };
}

/** `name.extension`, or `name-<i>of<n>.extension` where the work is shared. */
export function shardFile(name: string, { index, count }: Shard, extension: string): string {
  return count === 1 ? `${name}${extension}` : `${name}-${index}of${count}${extension}`;
}

/** The shard that a file of {@linkcode shardFile} is about, or `null` for any other name. */
export function shardOfFile(file: string, name: string, extension: string): Shard | null {
  if (!file.startsWith(`${name}-`) || !file.endsWith(extension)) return null;
  const found = /^(\d+)of(\d+)$/.exec(file.slice(name.length + 1, file.length - extension.length));
  return found && { index: Number(found[1]), count: Number(found[2]) };
}
