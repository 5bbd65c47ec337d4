/**
 * Class names of images in the files in which people keep them: CSV, JSON, and VOC's XML.
 * @module
 */
import { parseJson, showJson } from "../files/json.ts";
import { withoutImageExtension } from "./_image_files.ts";
import { XMLParser, XMLValidator } from "fast-xml-parser";

/** Class names of images by id, in the order of their file; names are unique within an image. */
export type NamesById = ReadonlyMap<string, readonly string[]>;

/** Collects the class names of images from the entries of a file. */
class NameCollector {
  readonly #path: string;
  readonly #names = new Map<string, Set<string>>();

  /** @param path The file, for messages. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The id that an entry means: the name of an image file loses its extension.
   * @throws Error if it is empty or holds a folder.
   */
  id(text: string): string {
    const id = withoutImageExtension(text.trim());
    if (id === "") throw new Error(`Expected an id in ${this.#path} but found ${JSON.stringify(text)}`);
    if (/[/\\]/.test(id)) throw new Error(`Expected ids without folders in ${this.#path} but found ${text}`);
    return id;
  }

  /** Whether an id has been added. */
  has(id: string): boolean {
    return this.#names.has(id);
  }

  /** Adds names to those of an image; empty ones count as none. */
  add(id: string, names: Iterable<string>): void {
    const all = this.#names.get(id) ?? new Set<string>();
    for (const name of names) if (name.trim() !== "") all.add(name.trim());
    this.#names.set(id, all);
  }

  /** Everything that was added. */
  all(): NamesById {
    return new Map([...this.#names].map(([id, names]) => [id, [...names]]));
  }
}

/** First cells that tell a row of headings from one of an image. */
const HEADING = /^(id|ids|image|images|image_?id|image_?name|file|file_?name|path|name)$/i;

const YES_NO = /^(0|1|0\.0|1\.0|true|false|yes|no)?$/i;

/**
 * Class names from a table in text: an id in the first column, names in all others. An id may have several rows, a cell
 * several names (`cat;dog`, `cat|dog`, `"cat, dog"`), and columns that hold nothing but 0 and 1 below a heading stand for the class
 * of the heading. Cells may be quoted; columns are separated by commas, semicolons or tabs. Ids may be names of image
 * files.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @throws Error naming the file and the line.
 */
export function parseLabelsCsv(text: string, path: string): NamesById {
  const rows = readRows(text.replace(/^\ufeff/, ""), path).filter(({ cells }) => cells.some((cell) => cell !== ""));
  const headings = HEADING.test(rows[0]?.cells[0] ?? "") ? rows.shift()!.cells : null;
  const isYesNo = headings !== null && headings.length > 1 && rows.length > 0 &&
    rows.every(({ cells }) => cells.length === headings.length && cells.slice(1).every((cell) => YES_NO.test(cell)));
  const collector = new NameCollector(path);
  for (const { cells: [id = "", ...cells], line } of rows) {
    if (id === "") throw new Error(`Expected an id at the start of line ${line} of ${path} but found none`);
    const names = isYesNo
      ? headings.slice(1).filter((_, i) => /^(1|1\.0|true|yes)$/i.test(cells[i]!))
      : cells.flatMap((cell) => cell.split(/[,;|]/));
    collector.add(collector.id(id), names);
  }
  return collector.all();
}

/** The cells of a table, trimmed, with the number of the line that each row begins in. */
function readRows(text: string, path: string): { cells: string[]; line: number }[] {
  const separator = separatorOf(text);
  const rows: { cells: string[]; line: number }[] = [];
  let cells: string[] = [], cell = "", at = 0, line = 1, first = 1;
  const endCell = () => {
    cells.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push({ cells, line: first });
    cells = [];
    first = line;
  };
  while (at < text.length) {
    const letter = text[at]!;
    if (letter === '"' && cell.trim() === "") {
      const end = endOfQuotation(text, at);
      if (end === null) throw new Error(`Expected the end of the quotation that begins in line ${line} of ${path}`);
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split("\n").length - 1;
      at = end + 1;
      continue;
    }
    at++;
    if (letter === separator) endCell();
    else if (letter === "\n" || (letter === "\r" && text[at] !== "\n")) {
      line++;
      endRow();
    } else cell += letter;
  }
  if (cell !== "" || cells.length > 0) endRow();
  return rows;
}

/** Position of the quotation mark that ends the one at `start`; two in a row stand for one in the text. */
function endOfQuotation(text: string, start: number): number | null {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end < 0 ? null : end;
}

/** What separates columns: of comma, tab and semicolon the first that the first line holds. */
function separatorOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text)![0];
  return [",", "\t", ";"].find((letter) => line.includes(letter)) ?? ",";
}

/** Keys of an entry that may hold the id of its image, and its class names. */
const ID_KEYS = ["id", "image", "image_id", "file_name", "filename", "file"];

const NAME_KEYS = ["labels", "label", "classes", "class", "categories", "category", "names"];

/**
 * Class names from JSON: an object of id → names, or a list of objects that each hold an id and names. A single name
 * may stand without its list. Ids may be names of image files.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @throws Error naming the file, and the place or the id.
 */
export function parseLabelsJson(text: string, path: string): NamesById {
  const json = parseJson(text, path), collector = new NameCollector(path);
  if (Array.isArray(json)) {
    for (const [n, entry] of json.entries()) {
      const [key, names] = [valueOf(entry, ID_KEYS), valueOf(entry, NAME_KEYS)];
      if (typeof key !== "string" && typeof key !== "number") {
        throw new Error(
          `Expected an object with ${ID_KEYS.join(" or ")} as entry ${n} of ${path} but found ${showJson(entry)}`,
        );
      }
      collector.add(collector.id(String(key)), namesOf(names, { id: String(key), path }));
    }
  } else if (typeof json === "object" && json !== null) {
    const repeated = repeatedKey(text);
    if (repeated !== undefined) throw new Error(`Expected every id once in ${path} but found ${repeated} twice`);
    for (const [key, names] of Object.entries(json)) {
      const id = collector.id(key);
      if (collector.has(id)) throw new Error(`Expected every id once in ${path} but found ${id} twice`);
      collector.add(id, namesOf(names, { id: key, path }));
    }
  } else {
    throw new Error(
      `Expected an object of id → class names, or a list of objects, in ${path} but found ${showJson(json)}`,
    );
  }
  return collector.all();
}

function valueOf(entry: unknown, keys: readonly string[]): unknown {
  if (typeof entry !== "object" || entry === null) return undefined;
  const key = keys.find((key) => Object.hasOwn(entry, key));
  return key === undefined ? undefined : (entry as Record<string, unknown>)[key];
}

function namesOf(value: unknown, { id, path }: { id: string; path: string }): string[] {
  const names = Array.isArray(value) ? value : [value];
  return names.map((name) => {
    if (typeof name === "string" || typeof name === "number") return String(name);
    throw new Error(`Expected class names of ${id} in ${path} but found ${showJson(value)}`);
  });
}

/** The first key that the outermost object of a valid JSON text holds twice: parsing keeps only its last value. */
function repeatedKey(text: string): string | undefined {
  const keys = new Set<string>();
  let depth = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token.endsWith(":")) {
      const key: string = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
}

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
