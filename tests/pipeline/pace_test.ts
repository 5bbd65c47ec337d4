import { assertEquals } from "../assert.ts";
import { Pace } from "../../lib/pipeline/pace.ts";

Deno.test("Pace tells the seconds a unit of each part, without what comes before the first", () => {
  let time = 5000;
  const pace = new Pace(() => time);
  const units = (done: number[], milliseconds: number) => {
    for (const count of done) {
      pace.update(count);
      time += milliseconds;
    }
  };
  units([1, 2, 3, 4], 500); // steps
  units([1, 2, 3], 2000); // images afterwards
  units([1], 100);
  assertEquals([pace.seconds, pace.spent], [[0.5, 2, null], 5.5]);
});

Deno.test("Pace of nothing is none", () => {
  assertEquals([new Pace().seconds, new Pace().spent], [[], 0]);
});
