import { join } from "node:path";
import { existsSync, readdirSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { nearest } from "./_nearest.ts";

/** Class indices of images, and where they were found. */
export interface Labels {
  readonly source: string;
  has(id: string): boolean;
  get(id: string): number[];
}

/** Opens the labels of a data set: its JSON file, or the folder of its XML files. */
export async function openLabels(
  { root, file, classes }: { root: string; file: string | null; classes: readonly string[] },
): Promise<Labels> {
  const standard = join(root, "image_labels.json"), folder = join(root, "Annotations");
  if (file !== null) return await labelsFromJson(file, classes);
  if (existsSync(standard)) return await labelsFromJson(standard, classes);
  if (existsSync(folder)) return labelsFromXml(folder, classes);
  throw new Error(`Expected labels in ${standard} or ${folder} but found neither`);
}

async function labelsFromJson(path: string, classes: readonly string[]): Promise<Labels> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(`Expected labels in ${path} but found: ${(error as Error).message}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`Expected JSON in ${path} but found: ${(error as Error).message}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Error(`Expected an object of id → class names in ${path}`);
  }
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const labels = new Map<string, number[]>();
  for (const [id, names] of Object.entries(json)) {
    if (!Array.isArray(names)) throw new Error(`Expected a list of class names for ${id} in ${path}`);
    const indices = new Set<number>();
    for (const name of names) {
      const index = indexOf.get(name);
      if (index === undefined) throw unknownClass({ name: String(name), id, path, classes });
      indices.add(index);
    }
    labels.set(id, [...indices].sort((a, b) => a - b));
  }
  return {
    source: path,
    has: (id) => labels.has(id),
    get(id) {
      const indices = labels.get(id);
      if (!indices) throw new Error(`Expected labels of ${id} in ${path} but found none`);
      return [...indices];
    },
  };
}

function labelsFromXml(folder: string, classes: readonly string[]): Labels {
  const files = new Set(readdirSync(folder));
  const known = new Map<string, number[]>();
  const has = (id: string) => files.has(`${id}.xml`);
  return {
    source: folder,
    has,
    get(id) {
      let indices = known.get(id);
      if (!indices) {
        if (!has(id)) throw new Error(`Expected labels of ${id} in ${folder} but found none`);
        indices = readXml(join(folder, `${id}.xml`), { id, classes });
        known.set(id, indices);
      }
      return [...indices];
    },
  };
}

const parser = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: true });

/**
 * Every class that a `name` element anywhere in the file names. Other names are an error where an object bears them,
 * and nothing elsewhere: parts (head, hand, foot) and owners of photographs have names too.
 */
function readXml(path: string, { id, classes }: { id: string; classes: readonly string[] }): number[] {
  let tree: unknown;
  try {
    tree = parser.parse(Deno.readTextFileSync(path), true);
  } catch (error) {
    throw new Error(`Expected an annotation in ${path} but found: ${(error as Error).message}`);
  }
  const indices = new Set<number>();
  for (const { name, parent } of names(tree, "")) {
    const index = classes.indexOf(name);
    if (index >= 0) indices.add(index);
    else if (parent === "object") throw unknownClass({ name, id, path, classes });
  }
  return [...indices].sort((a, b) => a - b);
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

function unknownClass(
  { name, id, path, classes }: { name: string; id: string; path: string; classes: readonly string[] },
): Error {
  return new Error(
    `Expected labels of ${id} in ${path} to be among data.classes but found ${name}${nearest(name, classes)}`,
  );
}
