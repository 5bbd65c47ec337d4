import { decodeText } from "../files/text.ts";
import { XMLParser, XMLValidator } from "fast-xml-parser";

const parser = new XMLParser({
  preserveOrder: true,
  parseTagValue: false,
  trimValues: true,
  processEntities: false,
  cdataPropName: "#cdata",
});

/** Text of an XML file, in the encoding of its mark, else in the one that it declares. */
export function decodeXml(bytes: Uint8Array, path: string): string {
  if (bytes[0] === 0x3c && bytes[1] === 0) return decodeText(bytes, path, "utf-16le");
  if (bytes[0] === 0 && bytes[1] === 0x3c) return decodeText(bytes, path, "utf-16be");
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  const declared = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1]?.toLowerCase() ?? "utf-8";
  // One that names UTF-16 and is not was written as text by a program that then stored it as UTF-8.
  return decodeText(bytes, path, declared.startsWith("utf-16") ? "utf-8" : declared);
}

type Nodes = readonly Readonly<Record<string, unknown>>[];

/**
 * Names of the objects in one of VOC's XML files, without those that LabelMe marks as deleted.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @throws Error naming the file: with line and column if it is not XML, with what it is if it is no annotation.
 */
export function parseNamesXml(text: string, path: string): string[] {
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    const { msg, line, col = 1 } = validity.err as Partial<typeof validity.err>; // no column for a file without elements
    throw new Error(`Expected an annotation in ${path} but found at line ${line}, column ${col}: ${msg}`);
  }
  let nodes: Nodes;
  try {
    nodes = parser.parse(text);
  } catch (error) { // elements too deep
    throw new Error(`Expected an annotation in ${path} but found: ${(error as Error).message}`);
  }
  const root = nodes.flatMap((node) => Object.keys(node)).find((tag) => /^\w/.test(tag));
  const content = childrenOf(nodes, "annotation")[0];
  if (!content) throw new Error(`Expected an annotation as the root of ${path} but found ${root ?? "nothing"}`);
  return objectsIn(content).flatMap((object, n) => {
    const names = childrenOf(object, "name").map((name) => textOf(name, path));
    if (names.length !== 1 || names[0] === "") {
      throw new Error(
        `Expected one name of object ${n + 1} in ${path} but found ${names.filter(Boolean).join(", ") || "none"}`,
      );
    }
    return childrenOf(object, "deleted").some((value) => textOf(value, path) === "1") ? [] : names;
  });
}

/** The parser keeps the order of elements: each is an object of its tag and its children; text is under `#text`. */
function childrenOf(nodes: Nodes, tag: string): Nodes[] {
  return nodes.flatMap((node) => Array.isArray(node[tag]) ? [node[tag] as Nodes] : []);
}

function objectsIn(nodes: Nodes): Nodes[] {
  return nodes.flatMap((node) =>
    Object.entries(node).flatMap(([tag, children]) =>
      !Array.isArray(children) ? [] : tag === "object" ? [children as Nodes] : objectsIn(children as Nodes)
    )
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function textOf(nodes: Nodes, path: string): string {
  const text = nodes.map((node) =>
    "#cdata" in node
      ? textOf(node["#cdata"] as Nodes, "")
      : path === ""
      ? String(node["#text"] ?? "")
      : decoded(String(node["#text"] ?? ""), path)
  );
  return text.join("").trim();
}

/** Text with its character references resolved. @throws Error naming an entity that is not XML's own. */
function decoded(text: string, path: string): string {
  return text.replace(/&(#x[\da-f]+|#\d+|[\w.:-]+);/gi, (reference, name: string) => {
    const code = name.startsWith("#") ? Number(name.replace(/^#(x?)/i, (_, x) => x ? "0x" : "")) : NaN;
    const found = Number.isNaN(code) ? ENTITIES[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (found === undefined) throw new Error(`Expected characters in ${path} but found the entity ${reference}`);
    return found;
  });
}
