import { doubtTeaching } from "../../lib/data/teaching.ts";
import { assertEquals } from "../assert.ts";

const times = (count: number, ...names: string[]) => Array.from({ length: count }, () => names);
const add = "add images without it, for example by init --negatives folder";

Deno.test("doubtTeaching() has no hope for classes that are in every image or in none", () => {
  const hopeless = (names: string[][], ...classes: string[]) => doubtTeaching(names, classes).hopeless;
  assertEquals(
    hopeless(times(40, "cat"), "cat", "dog"),
    `all 40 images show cat, so nothing tells it from the background: ${add}`,
  );
  assertEquals(
    hopeless(times(9, "dog", "cat"), "cat", "dog"),
    `all 9 images show cat and dog, so nothing tells them from the background: ${add}`,
  );
  assertEquals(hopeless(times(3), "cat"), "none of the 3 images shows a class, so there is nothing to learn");
  assertEquals(hopeless([...times(39, "cat"), []], "cat"), null);
});

Deno.test("doubtTeaching() names classes that are in too few images, in nearly all, or in none", () => {
  const names = [...times(30, "cat", "person"), ...times(4, "dog", "person"), ...times(5, "owl", "person"), []];
  assertEquals(doubtTeaching(names, ["cat", "dog", "owl", "person", "yak", "zebra"]), {
    hopeless: null,
    doubts: [
      "in no image: yak, zebra",
      "class dog is in 4 images: too few to learn it from",
      `class person is in all images but 1, so too little tells it from the background: ${add}`,
    ],
  });
  assertEquals(doubtTeaching(names.slice(0, 39), ["cat", "person"]).doubts, [
    `class person is in every image, so too little tells it from the background: ${add}`,
  ]);
});

Deno.test("doubtTeaching() is content with two classes that take turns, and with one and images without it", () => {
  const content = { hopeless: null, doubts: [] };
  assertEquals(doubtTeaching([...times(10, "cat"), ...times(10, "dog")], ["cat", "dog"]), content);
  assertEquals(doubtTeaching([...times(10, "cat"), ...times(30)], ["cat"]), content);
});
