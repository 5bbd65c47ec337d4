import { assertEquals, assertThrows } from "../assert.ts";
import { chainJobs } from "../../lib/cluster/mod.ts";

const stages = [
  { name: "train", kind: "whole" },
  { name: "cam", kind: "image" },
  { name: "relation", kind: "image" },
  { name: "irnet_train", kind: "whole" },
  { name: "measure", kind: "image" },
] as const;

Deno.test("chainJobs() makes an array of a stage over images; the next task as a whole gathers its shards", () => {
  assertEquals(chainJobs(stages, 4), [
    { name: "train", stages: ["train"], shards: 1 },
    { name: "cam", stages: ["cam"], shards: 4 },
    { name: "relation", stages: ["relation"], shards: 4 },
    { name: "irnet_train", stages: ["cam", "relation", "irnet_train"], shards: 1 },
    { name: "measure", stages: ["measure"], shards: 4 },
    { name: "gather", stages: ["measure"], shards: 1 },
  ]);
});

Deno.test("chainJobs() makes no array for one shard, and nothing of nothing", () => {
  assertEquals(chainJobs(stages, 1).map(({ shards }) => shards), [1, 1, 1, 1, 1]);
  assertThrows(() => chainJobs([], 4), RangeError, "Expected at least one stage but found none");
  assertThrows(() => chainJobs(stages, 0), RangeError, "Expected at least 1 shard but found 0");
});
