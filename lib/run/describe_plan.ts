import type { Stage } from "./stage.ts";
import type { Plan } from "./plan.ts";

/** One line about what a stage has to do, and why. */
export function describePlan(stage: Stage, { ids, tasks }: Plan): string {
  const head = `${stage.name} (${stage.section})`;
  if (stage.kind === "whole") return `${head}: ${tasks[0]?.reason ?? "done"}`;
  if (tasks.length === 0) return `${head}: ${ids.length} images, all done`;
  const counts = Map.groupBy(tasks, (task) => task.reason);
  const reasons = [...counts].map(([reason, of]) => `${of.length} ${reason}`).join(", ");
  return `${head}: ${ids.length} images, ${tasks.length} to do (${reasons})`;
}
