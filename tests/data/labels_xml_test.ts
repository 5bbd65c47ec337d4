import { assert, assertEquals } from "../assert.ts";
import { labelsIn } from "./labels_in.ts";

const object = (name: string, more = "") => `<object><name>${name}</name>${more}</object>`;
const annotation = (content: string) => `<annotation>${content}</annotation>`;
const encoded = (text: string, unit: 1 | 2) => {
  const codes = Array.from(text, (letter) => letter.charCodeAt(0));
  return unit === 1 ? Uint8Array.from(codes) : new Uint8Array(Uint16Array.from(codes).buffer);
};
const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>`;

const read: Record<string, [content: string | Uint8Array, names: string[], extension?: string]> = {
  "character references": [annotation(object("caf&#233; &amp;#65; &#x1F431;")), ["café &#65; 🐱"]],
  "sections of characters": [annotation(object("<![CDATA[a & b]]>")), ["a & b"]],
  "the encoding ISO-8859-1": [encoded(declared("ISO-8859-1") + annotation(object("Böhm")), 1), ["Böhm"]],
  "the encoding windows-1252": [encoded(declared("windows-1252") + annotation(object("gro\xdf")), 1), ["groß"]],
  "UTF-16 with its mark": [encoded(`\ufeff${declared("UTF-16")}${annotation(object("Böhm"))}`, 2), ["Böhm"]],
  "UTF-16 without a mark": [encoded(declared("UTF-16") + annotation(object("cat")), 2), ["cat"]],
  "UTF-8 that is called UTF-16": [declared("utf-16") + annotation(object("Böhm")), ["Böhm"]],
  "the extension .XML": [annotation(object("cat")), ["cat"], "XML"],
  "names of parts, owners and files": [
    annotation(
      `<filename>x</filename><owner><name>dog</name></owner>${object("cat", "<part><name>head</name></part>")}`,
    ),
    ["cat"],
  ],
  "objects that are deleted": [annotation(object("cat") + object("dog", "<deleted>1</deleted>")), ["cat"]],
  "no objects": [annotation(""), []],
};
for (const [kind, [content, names, extension = "xml"]] of Object.entries(read)) {
  Deno.test(`XML with ${kind} is read`, async () => {
    const files = { [`Annotations/a.${extension}`]: content, "Annotations/b.xml": annotation(object("dog")) };
    assertEquals(await labelsIn(files, { images: ["JPEGImages/a.jpg", "JPEGImages/b.jpg"], labels: null }), {
      a: names,
      b: ["dog"],
    });
  });
}

Deno.test("XML beside the images, and in folders as they are, is read", async () => {
  const files = { "x/a.xml": annotation(object("cat")), "y/a.xml": annotation(object("dog")) };
  const expected = { x__a: ["cat"], y__a: ["dog"] }, images = ["x/a.jpg", "y/a.jpg"];
  const below = (folder: string) =>
    Object.fromEntries(Object.entries(files).map(([path, xml]) => [folder + path, xml]));
  assertEquals(await labelsIn(below("Annotations/"), { images, labels: null }), expected);
  assertEquals(await labelsIn({ "a.xml": annotation(object("cat")) }, { images: ["a.jpg"], labels: null }), {
    a: ["cat"],
  });
});

const refused: Record<string, [content: string | Uint8Array, message: string]> = {
  "a page of HTML": [
    "<!DOCTYPE html><html><body>404</body></html>",
    "Expected an annotation as the root of */Annotations/a.xml but found html",
  ],
  "another root": ["<annotations><image/></annotations>", "but found annotations"],
  "no name": [annotation("<object></object>"), "Expected one name of object 1 in */Annotations/a.xml but found none"],
  "an empty name": [annotation(object("cat") + object(" ")), "Expected one name of object 2 in"],
  "two names": [annotation(object("cat</name><name>dog")), "found cat, dog"],
  "an entity of its own": [annotation(object("&cat;")), "found the entity &cat;"],
  "bytes of another encoding": [encoded(annotation(object("Böhm")), 1), "as of Windows-1252 or Latin-1"],
  "an encoding that does not exist": [declared("UTF-7x") + annotation(""), "Expected an encoding in"],
  "nothing": ["", "Expected an annotation in */Annotations/a.xml"],
};
for (const [kind, [content, message]] of Object.entries(refused)) {
  Deno.test(`XML with ${kind} is refused`, async () => {
    const found = await labelsIn({ "Annotations/a.xml": content }, { images: ["a.jpg"], labels: "Annotations" });
    assert(typeof found === "string" && found.includes(message), `${message}\n${JSON.stringify(found)}`);
  });
}
