import { XMLParser, XMLValidator } from "fast-xml-parser";

const parser = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: true });

/**
 * The text of every `name` element in one of VOC's XML files, with the element that it names.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @throws Error naming the file, line and column if it is not XML.
 */
export function parseNamesXml(text: string, path: string): { name: string; parent: string }[] {
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    const { msg, line, col = 1 } = validity.err as Partial<typeof validity.err>; // no column for a file without elements
    throw new Error(`Expected an annotation in ${path} but found at line ${line}, column ${col}: ${msg}`);
  }
  try {
    return [...names(parser.parse(text), "")];
  } catch (error) { // entities without end, or elements too deep
    throw new Error(`Expected an annotation in ${path} but found: ${(error as Error).message}`);
  }
}

/** The parser keeps the order of elements: each is an object of its tag and its children; text is under `#text`. */
function* names(nodes: unknown, parent: string): Generator<{ name: string; parent: string }> {
  if (!Array.isArray(nodes)) return;
  for (const node of nodes as Record<string, unknown>[]) {
    for (const [tag, children] of Object.entries(node)) {
      if (tag === "name" && Array.isArray(children)) {
        yield { name: children.map((child) => String(child["#text"] ?? "")).join("").trim(), parent };
      }
      yield* names(children, tag);
    }
  }
}
