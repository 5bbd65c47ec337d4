import { parseJson } from "../files/json.ts";
import { NameCollector, type NamesById } from "./_label_names.ts";

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
          `Expected an object with ${ID_KEYS.join(" or ")} as entry ${n} of ${path} but found ${show(entry)}`,
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
    throw new Error(`Expected an object of id → class names, or a list of objects, in ${path} but found ${show(json)}`);
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
    throw new Error(`Expected class names of ${id} in ${path} but found ${show(value)}`);
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

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
