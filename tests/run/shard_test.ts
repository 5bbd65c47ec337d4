import { assertEquals, assertThrows } from "../assert.ts";
import { parseShard } from "../../lib/run/shard.ts";
import { UsageError } from "../../lib/config/usage_error.ts";

const environment = (variables: Record<string, string>) => (name: string) => variables[name];

Deno.test("parseShard() reads i/n, and the variables of Slurm arrays and Kubernetes jobs", () => {
  assertEquals(parseShard("0/4"), { index: 0, count: 4 });
  const slurm = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "4" };
  assertEquals(parseShard("auto", environment(slurm)), { index: 2, count: 4 });
  assertEquals(parseShard("auto/8", environment({ JOB_COMPLETION_INDEX: "7" })), { index: 7, count: 8 });
  const again = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_COUNT: "1" };
  assertEquals(parseShard("auto/8", environment(again)), { index: 3, count: 8 });
});

Deno.test("parseShard() refuses everything else", () => {
  const refuse = (text: string, message: string, variables = {}) =>
    assertThrows(() => parseShard(text, environment(variables)), UsageError, message);
  for (const text of ["", "1", "1/", "/2", "a/b", "-1/2", "1/2/3"]) {
    refuse(text, "Expected --shard i/n, auto or auto/n");
  }
  refuse("2/2", "Expected a shard from 0/2 to 1/2 but found 2/2");
  refuse("auto", "Expected a number in SLURM_ARRAY_TASK_ID for --shard auto but found nothing");
  refuse("auto/2", "but found two", { JOB_COMPLETION_INDEX: "two" });
  refuse("auto/2", "but found 5/2", { JOB_COMPLETION_INDEX: "5" });
});
