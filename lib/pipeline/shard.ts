import { UsageError } from "./usage_error.ts";

/** A share of the images: every `count`-th, from the `index`-th on. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** Number of shards. */
  readonly count: number;
}

/** All images. */
export const WHOLE: Shard = { index: 0, count: 1 };

/**
 * Reads `i/n`, `auto` (the task of a Slurm array) or `auto/n` (the index of a Kubernetes job, of n).
 *
 * @param text What the user wrote.
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
  const variable = (name: string) => {
    const value = environment(name);
    if (!value || !/^\d+$/.test(value)) {
      throw new UsageError(`Expected a number in ${name} for --shard ${text} but found ${value ?? "nothing"}`);
    }
    return Number(value);
  };
  let [index, count] = [Number(found[1]), Number(found[2])];
  if (found[1] === "auto" && found[2] !== undefined) {
    index = variable("JOB_COMPLETION_INDEX");
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
