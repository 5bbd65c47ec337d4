import { assertEquals } from "../assert.ts";
import { Pace } from "../../lib/run/usage.ts";

/** A pace whose clock is told how many milliseconds go by before each number of units. */
function paceOf(moments: readonly (readonly [milliseconds: number, done: number])[], warmUp = 1): Pace {
  let time = 5000;
  const pace = new Pace({ warmUp, now: () => time });
  for (const [milliseconds, done] of moments) {
    time += milliseconds;
    pace.update(done);
  }
  return pace;
}

Deno.test("Pace tells the seconds a unit of each part, without what comes before the first and without the first", () => {
  const pace = paceOf([
    ...[[900, 0], [2000, 1], [500, 2], [500, 3], [500, 4]] as const, // steps
    ...[[700, 1], [7000, 2], [2000, 3], [2000, 4]] as const, // images afterwards
    [100, 1],
  ]);
  assertEquals([pace.seconds, pace.spent], [[0.5, 2, null], 4 * 0.5 + 3 * 2]);
});

Deno.test("Pace of images that are done two at a time is that of those after the first two", () => {
  const times = [[0, 0], [3000, 1], [10, 2], [990, 3], [10, 4], [990, 5], [1000, 6]] as const;
  assertEquals(paceOf(times, 2).seconds, [2.99 / 4]);
  assertEquals(paceOf(times.slice(0, 4), 2).seconds, [4 / 3]); // too few to leave two out
});

Deno.test("Pace of a single step is what it took; as many images afterwards are another part", () => {
  assertEquals(paceOf([[100, 0], [4000, 1], [50, 1], [50, 2]]).seconds, [4, 0.05]);
});

Deno.test("Pace of nothing is none", () => {
  assertEquals([new Pace().seconds, new Pace().spent], [[], 0]);
});
