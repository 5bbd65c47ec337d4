import { assert, assertEquals } from "../assert.ts";
import { parseLabelsCsv, parseLabelsJson, parseNamesXml } from "../../lib/data/_label_files.ts";
import { fuzz } from "./mutate.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** All texts and numbers of a JSON value, without its keys. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(wordsOf);
  const word = String(value).trim();
  return word === "" ? [] : [word, idOf(word)].slice(0, word === idOf(word) ? 1 : 2);
}

const idOf = (name: string) => name.trim().replace(/\.(jpe?g|png|webp|tiff?)$/i, "");

Deno.test("labels in damaged JSON are read as it says, or refused with a place or an id", async () => {
  const ids = Array.from({ length: 40 }, (_, i) => `2007_${String(i).padStart(6, "0")}`);
  const names = ids.map((id, i) => [id, i % 3 ? ["cat", "dog"] : ["bird"]] as const);
  const originals = [
    JSON.stringify(Object.fromEntries(names)),
    JSON.stringify(names.map(([image, labels]) => ({ image, labels })), null, 1),
  ].map(bytes);
  const { refused, read } = await fuzz(originals, {
    file: "labels.json",
    where: /line \d+, column \d+|entry \d+|Expected (class names of|every id once|an id|ids without folders|an object)/,
    tokens: ['"cat"', "[", "]", "{", "}", ",", ":", "null", '"\\u0000"', "/"],
    parse: (damaged, file) => parseLabelsJson(text(damaged), file),
    check: (labels, damaged) => {
      const json: unknown = JSON.parse(text(damaged).replace(/^\ufeff/, ""));
      const isObject = !Array.isArray(json), written = new Set(wordsOf(json));
      for (const [id, names] of labels) {
        for (const word of [...isObject ? [] : [id], ...names]) assert(written.has(word), `${id}: ${word}`);
      }
      if (isObject) {
        for (const [id, value] of Object.entries(json as Record<string, unknown>)) {
          assertEquals([...labels.get(idOf(id))!], [...new Set(wordsOf(value))], id);
        }
      }
    },
  });
  assert(refused > 0 && read > 0);
});

Deno.test("labels in damaged CSV are read as it says, or refused with a line or an id", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `image_${i},${i % 3 ? "cat;dog" : '"bird"'}`);
  const table = Array.from({ length: 40 }, (_, i) => `image_${i};${i % 2};${i % 3 ? 0 : 1}`);
  const originals = [rows.join("\n"), `id;cat;dog\n${table.join("\r\n")}\r\n`].map(bytes);
  const { refused, read } = await fuzz(originals, {
    file: "labels.csv",
    where: /line \d+|Expected (an id|ids without folders)/,
    tokens: ['"', '""', ",", ";", "\t", "\n", "\r", "/"],
    parse: (damaged, file) => parseLabelsCsv(text(damaged), file),
    check: (labels, damaged) => {
      const content = text(damaged).replaceAll('"', "");
      for (const [id, names] of labels) {
        assert(id !== "" && !/[/\\]/.test(id), id);
        for (const name of names) assert(content.includes(name.replaceAll('"', "")), name);
      }
    },
  });
  assert(refused > 0 && read > 0);
});

Deno.test("names in damaged XML are read as it says, or refused with line and column", async () => {
  const object = (name: string) =>
    `<object><name>${name}</name><part><name>head</name></part><bndbox><xmin>1</xmin></bndbox></object>\n`;
  const originals = [["cat", "dog"], ["bird"], []].map((names) =>
    bytes(
      `<annotation>\n<folder>VOC2012</folder><filename>a.jpg</filename>\n<source><owner><name>someone</name></owner>` +
        `</source>\n${names.map(object).join("")}</annotation>\n`,
    )
  );
  const { refused, read } = await fuzz(originals, {
    file: "a.xml",
    where: /line \d+, column \d+/,
    tokens: [
      "<object>",
      "</object>",
      "<name>",
      "</name>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "&lt;",
      "&x;",
      "<?",
      "/>",
    ],
    parse: (damaged, file) => parseNamesXml(text(damaged), file),
    check: (found, damaged) => {
      const content = text(damaged);
      if (/<!|<\?|&|<[^<>]*[^\w<>/\s][^<>]*>/.test(content)) return; // more than plain elements
      const names = [...content.matchAll(/<name\s*>([^<]*)<\/name\s*>/g)].map(([, name]) => name!.trim());
      assertEquals(found.map(({ name }) => name).filter(Boolean), names.filter(Boolean));
    },
  });
  assert(refused > 0 && read > 0);
});
