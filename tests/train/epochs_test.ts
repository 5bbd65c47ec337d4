import { epochBatch, epochOrder, stackViews, trainingSteps } from "../../lib/train/mod.ts";
import { assert, assertEquals } from "../assert.ts";

Deno.test("epochOrder() is a shuffle of its own for every seed and epoch", () => {
  const ids = Array.from({ length: 50 }, (_, i) => `id${i}`);
  const order = epochOrder(ids, { seed: 2, epoch: 1 });
  assertEquals(order, epochOrder(ids, { seed: 2, epoch: 1 }));
  assertEquals([...order].sort(), [...ids].sort());
  assert(order.join() !== epochOrder(ids, { seed: 2, epoch: 2 }).join());
  assert(order.join() !== epochOrder(ids, { seed: 3, epoch: 1 }).join());
});

Deno.test("epochOrder() keeps all items and reaches every order", () => {
  const orders = new Set(Array.from({ length: 60 }, (_, seed) => epochOrder([1, 2, 3], { seed, epoch: 0 }).join("")));
  assertEquals([...orders].sort(), ["123", "132", "213", "231", "312", "321"]);
});

Deno.test("epochBatch() cuts the order of an epoch into whole batches", () => {
  const ids = ["a", "b", "c", "d", "e"], of = (step: number) => epochBatch(ids, { seed: 3, step, batch: 2 });
  assertEquals(trainingSteps(5, { batch: 2, epochs: 3 }), 6);
  const order = epochOrder(ids, { seed: 3, epoch: 1 });
  assertEquals(of(2), { epoch: 1, first: 0, ids: order.slice(0, 2) });
  assertEquals(of(3), { epoch: 1, first: 2, ids: order.slice(2, 4) });
  assertEquals(trainingSteps(2, { batch: 4, epochs: 3 }), 3, "fewer images than a batch are one batch");
  assertEquals(epochBatch(["a"], { seed: 0, step: 1, batch: 4 }), { epoch: 1, first: 0, ids: ["a"] });
});

Deno.test("stackViews() puts views one after another", () => {
  assertEquals(stackViews([Float32Array.of(1, 2), Float32Array.of(3, 4)]), Float32Array.of(1, 2, 3, 4));
  assertEquals(stackViews([]).length, 0);
});
