import { assertEquals, assertThrows } from "../assert.ts";
import { inFolder } from "../in_folder.ts";
import { jsonElements } from "../../lib/files/json_elements.ts";

const elementsOf = (path: string) =>
  [...jsonElements(path)].map(({ key, n, value, again }) => [key, n, value, again()]);
const twice = (key: string | null, n: number | null, value: unknown) => [key, n, value, value];

Deno.test("jsonElements() gives the elements of lists, other values whole, and each once more", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`, large = 'é\\"]}'.repeat(300_000); // more than is read at once
    const content = { info: { a: [1] }, 'a"b': [1, "x,]", [2, []], { c: large }], none: [], last: [true] };
    await Deno.writeTextFile(path, `\ufeff ${JSON.stringify(content, null, 1)}\n`);
    assertEquals(elementsOf(path), [
      twice("info", null, { a: [1] }),
      ...content['a"b'].map((value, n) => twice('a"b', n, value)),
      twice("none", null, []),
      twice("last", 0, true),
    ]);
    await Deno.writeTextFile(path, '[1,{"a":2} , "b"]');
    assertEquals(elementsOf(path), [twice(null, 0, 1), twice(null, 1, { a: 2 }), twice(null, 2, "b")]);
  }));

Deno.test("jsonElements() says where a file is no JSON", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    const cases: [text: string, message: string][] = [
      ['{"a": [1, 2', "Expected JSON in * but found its end at line 1, column 12"],
      ['{"a": [1 2]}', 'Expected JSON in * but found "2]}" at line 1, column 10'],
      ['{"a": [1,, 2]}', 'Expected JSON in * but found ", 2]}"'],
      ['{"a": [1,]}', 'Expected JSON in * but found "]}" at line 1, column 10'],
      ['{"a": 1,\n b: 2}', 'Expected JSON in * but found "b: 2}" at line 2, column 2'],
      ['{"a" 1}', 'Expected JSON in * but found "1}"'],
      ['{"a": [NaN]}', 'Expected JSON in * but found "NaN]}"'],
      ["[1] 2", 'Expected JSON in * but found "2" at line 1, column 5'],
      ["", "Expected JSON in * but found its end"],
      ["3", "Expected an object or a list of JSON, in UTF-8, in * but found no object at byte 0"],
      ['{"a": [1], "a": [2]}', "Expected every key once in * but found a twice"],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(path, text);
      assertThrows(() => [...jsonElements(path)], Error, message.replace("*", path));
    }
    await Deno.writeFile(path, Uint8Array.of(...new TextEncoder().encode('{"a": ["'), 0xe9, 0x22, 0x5d, 0x7d));
    assertThrows(() => [...jsonElements(path)], Error, path);
  }));
