import { closestString } from "@std/text/closest-string";
import type { Config } from "../config/config.ts";
import type { Stage } from "./stage.ts";
import { UsageError } from "../config/usage_error.ts";

/**
 * The stages that a run goes through, in their order.
 *
 * @param stages All stages.
 * @param options The configuration, and the names that the user gave; `null`: all that the configuration asks for.
 * @returns Some of the stages.
 * @throws UsageError if a name is unknown, or if the configuration does not ask for that stage.
 */
export function selectStages(
  stages: readonly Stage[],
  { config, names }: { config: Config; names: readonly string[] | null },
): Stage[] {
  const enabled = (stage: Stage) => stage.enabled?.(config) ?? true;
  if (!names) return stages.filter((stage) => enabled(stage) && !stage.onlyNamed);
  for (const name of names) {
    const stage = stages.find((stage) => stage.name === name);
    if (!stage) {
      const known = stages.map((stage) => stage.name);
      throw new UsageError(
        `Expected a stage among ${known.join(", ")} but found ${name}; the nearest is ${closestString(name, known)}`,
      );
    }
    if (!enabled(stage)) {
      throw new UsageError(`Expected a configuration that asks for the stage ${name} but it does not`);
    }
  }
  return stages.filter((stage) => names.includes(stage.name));
}
