import { classThresholds } from "../../lib/evaluation/mod.ts";
import { assertEquals } from "../assert.ts";

const of = (scores: number[], shown: number[]) =>
  classThresholds(scores.map((score) => [score]), { labels: shown.map((yes) => yes ? [0] : []), classes: 1 })[0];

Deno.test("classThresholds() cuts half way between the scores of images with and without a class", () => {
  assertEquals(of([0.75, 0.25], [1, 0]), 0.5);
  assertEquals(of([0.1, 0.9, 0.5, 0.3], [0, 1, 1, 0]), 0.4);
});

Deno.test("classThresholds() takes the cut of the highest F1", () => {
  // From 0.8 on: 1 right, none wrong, 2 missed, F1 = 2/4; from 0.4 on: 3 right, 1 wrong, F1 = 6/7
  assertEquals(of([0.8, 0.7, 0.6, 0.4, 0.2], [1, 0, 1, 1, 0]), (0.4 + 0.2) / 2);
});

Deno.test("classThresholds() cuts never between equal scores", () => {
  assertEquals(of([0.5, 0.5, 0.2], [1, 0, 0]), 0.35);
});

Deno.test("classThresholds() has nothing to go by where all images show a class, or none", () => {
  assertEquals([of([0.9, 0.8], [1, 1]), of([0.9, 0.8], [0, 0]), of([], [])], [null, null, null]);
});
