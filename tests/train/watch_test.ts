import { lossProblem } from "../../lib/train/watch.ts";
import { assertEquals } from "../assert.ts";

/** A loss for each of some steps. */
const losses = (steps: number, of: (step: number) => number) => Array.from({ length: steps }, (_, step) => of(step));

Deno.test("lossProblem() says that a loss of ten times its start, and of a constant answer, has diverged", () => {
  const rising = losses(40, (step) => step < 20 ? 0.7 : 400 + step);
  assertEquals(lossProblem(rising, { constant: 0.56, isOver: false }), {
    kind: "diverged",
    start: 0.7,
    end: 429.5,
    last: 20,
  });
  assertEquals(lossProblem(losses(12, (step) => step < 4 ? 1 : 11), { isOver: true })?.kind, "diverged");
  assertEquals(lossProblem(losses(12, (step) => step < 4 ? 1 : 11), { constant: 1.2, isOver: true }), null);
});

Deno.test("lossProblem() lets single high losses, early steps and losses near 0 pass", () => {
  assertEquals(lossProblem(losses(100, (step) => step % 3 === 0 ? 500 : 0.1), { isOver: true }), null);
  assertEquals(lossProblem(losses(39, (step) => step < 5 ? 0.7 : 500), { isOver: false }), null);
  assertEquals(lossProblem(losses(60, (step) => step < 5 ? 0.001 : 0.3), { constant: 0.6, isOver: true }), null);
  assertEquals(lossProblem([0.7, 500, 500], { isOver: true }), null);
});

Deno.test("lossProblem() says after 50 steps that a loss not below a constant answer's, or its start, learned nothing", () => {
  const stuck = losses(50, (step) => step < 3 ? 0.72 : 0.69), constant = Math.LN2;
  assertEquals(lossProblem(stuck, { constant, isOver: true }), {
    kind: "learned nothing",
    start: (0.72 + 0.72 + 0.72) / 3,
    end: 0.69,
    last: 20,
  });
  assertEquals(lossProblem(stuck, { constant, isOver: false }), null);
  assertEquals(lossProblem(stuck.slice(0, 49), { constant, isOver: true }), null);
  assertEquals(lossProblem(stuck, { isOver: true }), null, "it fell from its start");
  assertEquals(lossProblem(losses(50, () => 0), { isOver: true })?.kind, "learned nothing");
  const late = losses(50, (step) => step < 5 ? 0 : 1 - step / 100);
  assertEquals(lossProblem(late, { isOver: true }), null, "the first batches had nothing to learn");
  assertEquals(lossProblem(losses(50, (step) => 0.7 - step / 100), { constant, isOver: true }), null);
});

Deno.test("lossProblem() takes the trainings of known good runs as good", () => {
  // First, usual, and last losses of the demo's backbone, classifier, whose backbone knew its answers, and IRNet.
  const known: [steps: number, first: number, last: number, highest: number, constant?: number][] = [
    [286, 0.786, 0.104, 0.786, 0.57],
    [52, 0.06, 0.046, 0.255, 0.57],
    [480, 1.894, 0.99, 1.894],
    [29, 0.688, 0.151, 0.688, 0.4],
  ];
  for (const [steps, first, last, highest, constant] of known) {
    const run = losses(steps, (step) => step === 9 ? highest : first + (last - first) * step / steps);
    for (let step = 1; step <= steps; step++) {
      const options = { isOver: step === steps, ...(constant === undefined ? {} : { constant }) };
      assertEquals(lossProblem(run.slice(0, step), options), null);
    }
  }
});
