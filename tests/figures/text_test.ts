import { fitText, textSvg, textWidth, wrapText } from "../../lib/figures/_text.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";

Deno.test("textWidth() adds up the widths of the font, and knows the signs that figures use", () => {
  assertAlmostEquals(textWidth("A", 1000), 684, 1e-9);
  assertAlmostEquals(textWidth("AA", 10), 13.68, 1e-9);
  const box = textWidth("\u{1F600}", 1000); // not in the font: a box stands for it
  assertEquals(box, 600);
  const outline = (character: string) => /d="([^"]*)"/.exec(textSvg(character, { x: 0, y: 0 }))![1];
  for (const sign of "azAZ09éßγβησ×–…→≤≥−%().,:;+/=") assert(outline(sign) !== outline("\u{1F600}"), sign);
});

Deno.test("textSvg() draws outlines where the anchor says", () => {
  const at = (anchor: "start" | "middle" | "end") => textSvg("A", { x: 100, y: 50, size: 1000, anchor });
  assert(at("start").includes("translate(100 50)translate(0)"));
  assert(at("middle").includes("translate(100 50)translate(-342)"));
  assert(at("end").includes("translate(100 50)translate(-684)"));
  assert(!at("start").includes("<text"));
});

Deno.test("fitText() cuts, wrapText() breaks between words", () => {
  const width = textWidth("one two", 10) + 0.01;
  assertEquals(fitText("one two", 10, width), "one two");
  assertEquals(wrapText("one two three", 10, width), ["one two", "three"]);
  const cut = fitText("one two three", 10, width);
  assert(cut.endsWith("…") && textWidth(cut, 10) <= width && cut.length > 4, cut);
});
