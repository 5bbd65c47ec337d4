import { closestString } from "@std/text/closest-string";
import { join } from "node:path";
import { readdirSync } from "node:fs";
import { type NamesById, parseLabelsCsv, parseLabelsJson, parseNamesXml } from "./_label_files.ts";
import { isFile, isFolder } from "../files/disk.ts";

/** Class indices of images, and where they were found. */
export interface Labels {
  readonly source: string;
  /** Ids of all images that have labels. */
  ids(): Iterable<string>;
  has(id: string): boolean;
  get(id: string): number[];
}

/** Places of labels in a data set, in the order in which they are looked for. */
const STANDARD = ["image_labels.json", "labels.json", "image_labels.csv", "labels.csv", "Annotations"];

/** Path of the labels of a data set. @throws Error if there are none. */
export function findLabels(root: string, file: string | null): string {
  const found = file ?? STANDARD.map((name) => join(root, name)).find((path) => isFile(path) || isFolder(path));
  if (found === undefined) throw new Error(`Expected labels in ${root} (${STANDARD.join(", ")}) but found none`);
  return found;
}

/** Opens the labels of a data set: a JSON or CSV file, or a folder of XML files. */
export async function openLabels(
  { root, file, classes }: { root: string; file: string | null; classes: readonly string[] },
): Promise<Labels> {
  const path = findLabels(root, file);
  return isFolder(path) ? labelsFromFolder(path, classes) : await labelsFromFile(path, classes);
}

/** Class names of all images, whatever they are; of XML files those of objects. */
export async function readNames(path: string): Promise<NamesById> {
  if (!isFolder(path)) return await readFile(path);
  const names = new Map<string, string[]>();
  for (const id of xmlIds(path)) {
    const file = join(path, `${id}.xml`);
    const objects = parseNamesXml(await Deno.readTextFile(file), file).filter(({ parent }) => parent === "object");
    names.set(id, [...new Set(objects.map(({ name }) => name))]);
  }
  return names;
}

async function readFile(path: string): Promise<NamesById> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(`Expected labels in ${path} but found: ${(error as Error).message}`);
  }
  return /\.(csv|tsv|txt)$/i.test(path) ? parseLabelsCsv(text, path) : parseLabelsJson(text, path);
}

async function labelsFromFile(path: string, classes: readonly string[]): Promise<Labels> {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const labels = new Map<string, number[]>();
  for (const [id, names] of await readFile(path)) {
    const indices = names.map((name) => {
      const index = indexOf.get(name);
      if (index === undefined) throw unknownClass({ name, id, path, classes });
      return index;
    });
    labels.set(id, indices.sort((a, b) => a - b));
  }
  return {
    source: path,
    ids: () => labels.keys(),
    has: (id) => labels.has(id),
    get(id) {
      const indices = labels.get(id);
      if (!indices) throw new Error(`Expected labels of ${id} in ${path} but found none`);
      return [...indices];
    },
  };
}

function labelsFromFolder(folder: string, classes: readonly string[]): Labels {
  const ids = new Set(xmlIds(folder));
  const known = new Map<string, number[]>();
  return {
    source: folder,
    ids: () => ids,
    has: (id) => ids.has(id),
    get(id) {
      let indices = known.get(id);
      if (!indices) {
        if (!ids.has(id)) throw new Error(`Expected labels of ${id} in ${folder} but found none`);
        indices = indicesInXml(join(folder, `${id}.xml`), { id, classes });
        known.set(id, indices);
      }
      return [...indices];
    },
  };
}

function xmlIds(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith(".xml")).map((file) => file.slice(0, -4)).sort();
}

/**
 * Every class that a `name` element anywhere in the file names. Other names are an error where an object bears them,
 * and nothing elsewhere: parts (head, hand, foot) and owners of photographs have names too.
 */
function indicesInXml(path: string, { id, classes }: { id: string; classes: readonly string[] }): number[] {
  const indices = new Set<number>();
  for (const { name, parent } of parseNamesXml(Deno.readTextFileSync(path), path)) {
    const index = classes.indexOf(name);
    if (index >= 0) indices.add(index);
    else if (parent === "object") throw unknownClass({ name, id, path, classes });
  }
  return [...indices].sort((a, b) => a - b);
}

/** "; the nearest is …" for a name that is not among the known ones; empty where none are known. */
export function nearestOf(name: string, known: readonly string[]): string {
  return known.length > 0 ? `; the nearest is ${closestString(name, known)}` : "";
}

function unknownClass(
  { name, id, path, classes }: { name: string; id: string; path: string; classes: readonly string[] },
): Error {
  return new Error(
    `Expected labels of ${id} in ${path} to be among data.classes but found ${name}${nearestOf(name, classes)}`,
  );
}
