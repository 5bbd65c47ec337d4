import { assertEquals, assertThrows } from "../assert.ts";
import { parseJson } from "../../lib/files/json.ts";
import { random } from "../../lib/data/mod.ts";

Deno.test("parseJson() returns what JSON.parse() does, also behind a byte order mark", () => {
  for (const text of ['{"a": [1, -2.5e3, "\\u00e9", null, true]}', " [] ", "\ufeff{}", '"x"', "0"]) {
    assertEquals(parseJson(text, "a.json"), JSON.parse(text.replace("\ufeff", "")));
  }
});

Deno.test("parseJson() names file, line and column of the first mistake", () => {
  const mistakes: [text: string, found: string, line: number, column: number][] = [
    ["", "its end", 1, 1],
    ["xyz", '"xyz"', 1, 1],
    ['{\n  "a": 1,\n}', '"}"', 3, 1],
    ['{"a" 1}', '"1}"', 1, 6],
    ['{"a": [1, 2}', '"}"', 1, 12],
    ['{"a": 01}', '"1}"', 1, 8],
    ['["a", "b\n"]', '"\\"b\\n\\"]"', 1, 7],
    ["[1, 2] 3", '"3"', 1, 8],
    ["[1, 2]]", '"]"', 1, 7],
    ['[{"a": nul}]', '"nul}]"', 1, 8],
    ['{"a": 1', "its end", 1, 8],
    ["[TRUE]", '"TRUE]"', 1, 2],
  ];
  for (const [text, found, line, column] of mistakes) {
    const { message } = assertThrows(() => parseJson(text, "a.json"), Error) as Error;
    assertEquals(message, `Expected JSON in a.json but found ${found} at line ${line}, column ${column}`, text);
  }
});

Deno.test("parseJson() finds mistakes where JSON.parse() does, if that says where", () => {
  const text = '{"ids": ["a\\n", -1.5e-3, {"b": null, "c": [true, false, []]}], "d": {}}';
  let compared = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const draw = random(seed, "json"), at = Math.floor(draw() * text.length);
    const damaged = text.slice(0, at) + '{}[],:"\\x1 '[Math.floor(11 * draw())] +
      text.slice(at + Math.floor(2 * draw()));
    try {
      JSON.parse(damaged);
    } catch (error) {
      const { message } = assertThrows(() => parseJson(damaged, "a.json"), Error) as Error;
      const place = /line (\d+) column (\d+)/.exec((error as Error).message);
      if (!place) continue;
      compared++;
      // It points into tokens that are cut short, where we point to their beginning.
      const column = Number(/column (\d+)$/.exec(message)![1]);
      assertEquals(column <= Number(place[2]), true, `${damaged}: ${message}; ${(error as Error).message}`);
    }
  }
  assertEquals(compared > 500, true, `${compared}`);
});
