import { assert, assertEquals } from "../assert.ts";
import { parseLabelsJson } from "../../lib/data/_label_json.ts";
import { parseLabelsCsv } from "../../lib/data/_label_table.ts";
import { decodeXml, parseNamesXml } from "../../lib/data/_label_xml.ts";
import { decodeText } from "../../lib/files/text.ts";
import { decodeClassLabels, encodeClassLabels } from "../../lib/formats/mod.ts";
import { fuzz } from "./mutate.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
/** Images of which the first twenty of forty are there. */
const images = { find: (key: string) => /[_0](0\d|1\d|\d)$/.test(idOf(key)) ? idOf(key) : null };

/** All texts and numbers of a JSON value, without its keys. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(wordsOf);
  const word = String(value).trim();
  return word === "" ? [] : [word, idOf(word)].slice(0, word === idOf(word) ? 1 : 2);
}

const idOf = (name: string) =>
  name.trim().normalize().replaceAll("\\", "/").replace(/^(\w+:\/\/|[a-z]:\/|\.?\/)+/i, "").replace(
    /(.)\.(jpe?g|png|webp|tiff?)$/i,
    "$1",
  );

Deno.test("labels in damaged JSON are read as it says, or refused with a place or an id", async () => {
  const ids = Array.from({ length: 40 }, (_, i) => `2007_${String(i).padStart(6, "0")}`);
  const names = ids.map((id, i) => [id, i % 3 ? ["cat", "dog"] : ["bird"]] as const);
  const originals = [
    JSON.stringify(Object.fromEntries(names)),
    JSON.stringify(names.map(([image, labels]) => ({ image, labels })), null, 1),
  ].map(bytes);
  const { refused, read } = await fuzz(originals, {
    file: "labels.json",
    where: /line \d+|entry \d+|Expected (class names of|every id once|an id|one key of|an object|UTF)/,
    tokens: ['"cat"', "[", "]", "{", "}", ",", ":", "null", '"\\u0000"', "/"],
    parse: (damaged, file) => parseLabelsJson(decodeText(damaged, file), file, { images }).names,
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
    where: /line \d+|Expected (an id|one key of|UTF|an? column|one column|class names in)/,
    tokens: ['"', '""', ",", ";", "\t", "\n", "\r", "/"],
    parse: (damaged, file) => parseLabelsCsv(decodeText(damaged, file), file, { images }).names,
    check: (labels, damaged) => {
      const content = text(damaged).replaceAll('"', "");
      for (const [id, names] of labels) {
        assert(id !== "", id);
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
    where: /line \d+|root of|object \d+|the entity|an encoding|UTF/,
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
    parse: (damaged, file) => parseNamesXml(decodeXml(damaged, file), file),
    check: (found, damaged) => {
      const content = text(damaged);
      if (/<!|<\?|&|<[^<>]*[^\w<>/\s][^<>]*>/.test(content)) return; // more than plain elements
      const objects = [...content.matchAll(/<object\s*>(.*?)<\/object\s*>/gs)].map(([, object]) => object!);
      const names = objects.map((object) => /<name\s*>([^<]*)<\/name\s*>/.exec(object)?.[1]?.trim());
      if (objects.every((object) => !object.includes("<object"))) assertEquals(found.length, objects.length);
      for (const name of found) assert(names.includes(name), name);
    },
  });
  assert(refused > 0 && read > 0);
});

Deno.test("files of COCO are read as labels as they say, or refused with a place", async () => {
  const ids = Array.from({ length: 12 }, (_, n) => n);
  const original = {
    images: ids.map((id) => ({ id, file_name: `image_${id}.jpg`, height: 4, width: 6 })),
    categories: [{ id: 1, name: "cat" }, { id: 18, name: "dog" }],
    annotations: ids.map((id) => ({ id, image_id: id, category_id: id % 3 ? 1 : 18, iscrowd: 0 })),
  };
  const { refused, read } = await fuzz([bytes(JSON.stringify(original))], {
    file: "labels.json",
    where: /line \d+|(images|categories|annotations)( of|\[\d+\])|Expected (one|every|class names|an id|UTF)/,
    tokens: ['"id":0', "[", "]", "{", "}", ",", "null", '"image_id":', "18"],
    parse: (damaged, file) => parseLabelsJson(decodeText(damaged, file), file, { images }),
    check: ({ names, coco }, damaged) => {
      const json = JSON.parse(text(damaged).replace(/^\ufeff/, ""));
      if (!coco) return;
      const written = new Set(wordsOf(json.categories));
      assertEquals(coco.images.size, json.images.length);
      for (const found of names.values()) for (const name of found) assert(written.has(name), name);
    },
  });
  assert(refused > 0 && read > 0);
});

Deno.test("damaged cls_labels.npy are read as vectors of 0 and 1, or refused with a place", async () => {
  const rows = new Map(Array.from({ length: 12 }, (_, n) => [`2007_${String(n).padStart(6, "0")}`, [n % 5]]));
  const originals = [encodeClassLabels(rows, 5), encodeClassLabels(new Map([["a", [1]], ["b", []]]), 3)];
  const { refused, read } = await fuzz(originals, {
    file: "cls_labels.npy",
    where: /byte \d+| for .* in | as .* in |vectors of classes|names of arrays|arrays by name|one dictionary/,
    tokens: ["u", "b", "R", "h\0", "}"],
    parse: (damaged, file) => decodeClassLabels(damaged, file),
    check: ({ classes, rows }) => {
      for (const indices of rows.values()) assert(indices.every((index) => index >= 0 && index < classes));
    },
  });
  assert(refused > 0 && read > 0);
});
