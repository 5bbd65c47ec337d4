/** A stage, as far as it matters to jobs. */
export interface ChainedStage {
  /** Its name. */
  readonly name: string;
  /** `image`: it maps over images, which tasks can share. */
  readonly kind: "image" | "whole";
}

/** A job of a cluster. Jobs run one after the other. */
export interface Job {
  /** Name of the stage that it is there for. */
  readonly name: string;
  /** The stages that it runs. */
  readonly stages: readonly string[];
  /** Number of tasks that share the images; 1: the job is one task. */
  readonly shards: number;
}

/**
 * Cuts a pipeline into jobs: an array of tasks for each stage that maps over images, one task for every other. One task
 * also goes through the arrays before it: it checks that every image is there, and makes one manifest of those of the
 * shards.
 *
 * @throws RangeError if there is no stage, or if the number of shards is none.
 */
export function chainJobs(stages: readonly ChainedStage[], shards: number): Job[] {
  if (stages.length === 0) throw new RangeError("Expected at least one stage but found none");
  if (!Number.isInteger(shards) || shards < 1) throw new RangeError(`Expected at least 1 shard but found ${shards}`);
  const jobs: Job[] = [];
  let gathered: string[] = [];
  for (const { name, kind } of stages) {
    if (kind === "image" && shards > 1) {
      jobs.push({ name, stages: [name], shards });
      gathered.push(name);
    } else {
      jobs.push({ name, stages: [...gathered, name], shards: 1 });
      gathered = [];
    }
  }
  if (gathered.length > 0) jobs.push({ name: "gather", stages: gathered, shards: 1 });
  return jobs;
}
