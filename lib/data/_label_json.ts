import { parseJson, showJson } from "../files/json.ts";
import { cocoLabels } from "../formats/coco_dataset.ts";
import { type CocoNumbers, type FoundLabels, type LabelOptions, NameCollector } from "./_label_names.ts";

/** Keys of an entry that may name its image, the surest first, and those of its class names. */
const KEYS = [
  ...["file_name", "filename", "file", "file_path", "filepath", "image", "image_path", "img_path", "path", "img"],
  ...["image_id", "id", "key", "name"],
];

const NAMES = [
  ...["labels", "label", "classes", "class", "categories", "category", "names", "tags", "tag", "choices", "choice"],
  ...["label_name", "class_name", "category_name"],
];

/**
 * Class names from JSON: an object of key → names, a list of objects that each hold a key and names (also one a line), or
 * a file of COCO. A single name may stand without its list. Keys name images.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @param options Images, and the key of the names.
 * @throws Error naming the file, and the place or the key.
 */
export function parseLabelsJson(text: string, path: string, options: LabelOptions): FoundLabels {
  const json = /\.(jsonl|ndjson)$/i.test(path) ? parseLines(text, path) : parseJson(text, path);
  const collector = new NameCollector(path, options);
  const namesOf = (value: unknown, key: string) => expectNames(value, { key, path, classes: options.classes ?? [] });
  let coco: CocoNumbers | undefined;
  if (Array.isArray(json)) {
    for (const [n, value] of json.entries()) {
      const entry = typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
      const keys = KEYS.map((key) => entry[key]).filter((key) => typeof key === "string" || typeof key === "number")
        .map(String);
      if (keys.length === 0) {
        throw new Error(
          `Expected an object with ${KEYS.join(" or ")} as entry ${n} of ${path} but found ${showJson(value)}`,
        );
      }
      const key = keys.find((key) => collector.find(key) !== null) ?? keys[0]!;
      collector.add(collector.id(key), namesOf(valueOf(entry, { n, path, options }), key));
    }
  } else if (typeof json === "object" && json !== null) {
    if ("images" in json && ("annotations" in json || "categories" in json)) {
      coco = readCoco(json, { path, collector });
    } else {
      const repeated = repeatedKey(text);
      if (repeated !== undefined) throw new Error(`Expected every id once in ${path} but found ${repeated} twice`);
      for (const [key, names] of Object.entries(json)) {
        collector.add(collector.id(key), namesOf(names, key), { once: true });
      }
    }
  } else {
    throw new Error(
      `Expected an object of id → class names, or a list of objects, in ${path} but found ${showJson(json)}`,
    );
  }
  return { names: collector.all(), where: coco ? "a file of COCO" : "", doubts: [], ...coco ? { coco } : {} };
}

function parseLines(text: string, path: string): unknown[] {
  return text.split("\n").flatMap((line, n) => line.trim() === "" ? [] : [parseJson(line, `line ${n + 1} of ${path}`)]);
}

/** The names of an entry. @throws Error if several of its keys may hold them. */
function valueOf(
  entry: Readonly<Record<string, unknown>>,
  { n, path, options: { column = null } }: { n: number; path: string; options: LabelOptions },
): unknown {
  const keys = (column === null ? NAMES : [column]).filter((key) => Object.hasOwn(entry, key));
  const texts = keys.filter((key) => ![entry[key]].flat().some((name) => typeof name === "number"));
  if (new Set(texts.map((key) => JSON.stringify(entry[key]))).size > 1) {
    throw new Error(
      `Expected one key of class names in entry ${n} of ${path} but found ${texts.join(", ")}; name it by ` +
        "--label-column (data.labelColumn)",
    );
  }
  return entry[texts[0] ?? keys[0] ?? ""];
}

/** @throws Error unless it is a name or a list of names; numbers are names only where classes are called so. */
function expectNames(
  value: unknown,
  { key, path, classes }: { key: string; path: string; classes: readonly string[] },
): string[] {
  const names = Array.isArray(value) ? value : [value];
  const isOneHot = names.length > 1 && names.every((name) => name === 0 || name === 1);
  return names.map((name) => {
    if (typeof name === "string") return name;
    if (typeof name === "number" && !isOneHot && classes.includes(String(name))) return String(name);
    throw new Error(`Expected class names of ${key} in ${path} but found ${showJson(value)}`);
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

/** Collects the classes of the objects in each image of a file of COCO, crowds too, and the numbers in it. */
function readCoco(json: object, { path, collector }: { path: string; collector: NameCollector }): CocoNumbers {
  const found = cocoLabels(json, path), images = new Map<string, { id: number | string; fileName: string }>();
  const idOf = new Map<number | string, string>();
  for (const [number, fileName] of found.images) {
    const id = collector.id(fileName), other = images.get(id);
    if (other) {
      throw new Error(
        `Expected one image ${id} in ${path} but found the ids ${showJson(other.id)} and ${showJson(number)}`,
      );
    }
    idOf.set(number, id);
    images.set(id, { id: number, fileName });
    collector.add(id, []);
  }
  const nameOf = new Map([...found.categories].map(([id, name]) => [id, name.trim().normalize()]));
  const numbers = new Map<string, Map<number, number>>(); // how often each number of a name is used
  for (const [id, name] of nameOf) numbers.set(name, (numbers.get(name) ?? new Map()).set(id, 0));
  for (const { image, category } of found.annotations) {
    const name = nameOf.get(category)!, uses = numbers.get(name)!;
    uses.set(category, uses.get(category)! + 1);
    collector.add(idOf.get(image)!, [name]);
  }
  const mostUsed = (uses: Map<number, number>) => [...uses].reduce((a, b) => b[1] > a[1] ? b : a)[0];
  return { images, categories: new Map([...numbers].map(([name, uses]) => [name, mostUsed(uses)])) };
}
