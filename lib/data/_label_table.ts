import { type FoundLabels, type LabelOptions, NameCollector, nearestOf, NUMBER } from "./_label_names.ts";
import { withoutImageExtension } from "./_image_files.ts";
import { readRows, type Row, SAMPLE, splitNames } from "./_table_rows.ts";

/** Headings of keys of images, in plain words. */
const KEY =
  /^((img|image|file|photo|picture|frame)( ?(id|name|path|index|key|file ?name|file ?path))?s?|ids?|uid|key|path|name|external id)$/;

/** Headings of class names. */
const NAMES = /(^| )(labels?|class(es)?|categor(y|ies)|tags?)( names?)?( ?\d+)?$|^(class|label|category)names?$/;

/** Headings of what is surely no class: numbers of rows, boxes, sizes, splits, scores, sources. */
const ASIDE = new RegExp(
  "^(|(unnamed|index|row|no|nr)( ?\\d+)?|(.* )?ids?|[xy] ?(\\d|min|max|c|center|centre)?|[wh]|left|top|right|bottom|" +
    "(.* )?b?box.*|((image|img|orig|original) )?(width|height|size|area|depth)|split|set|subset|fold|partition|phase|" +
    "usage|(is )?(train|training|val|valid|validation|test)|(.* )?(score|confidence|conf|prob|probability)|" +
    "(.* )?(url|source|author|owner|licen[cs]e|date|time|timestamp|md5|sha ?\\d*|hash)|(is )?(difficult|truncated|" +
    "occluded|group of|depiction|inside|crowd|verified|deleted)|pose|segmentation|rle|encoded pixels|latitude|" +
    "longitude|lat|lon|lng|notes?|comments?|description|captions?)$",
);

const SCORE = /(^| )(score|confidence|conf|prob|probability)$/;

const YES_NO = /^(0|1|0[.,]0*|1[.,]0*|true|false|yes|no)$/i, YES = /^(1|1[.,]0*|true|yes)$/i;

/** A heading in plain words: `ImageName`, `image_name` and `Image Name` are one. */
const plain = (heading: string) =>
  heading.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[^\p{L}\p{N}]+/gu, " ").trim().toLowerCase();

interface Column {
  readonly at: number;
  /** Words for it in messages. */
  readonly heading: string;
  readonly word: string;
  readonly kind: "blank" | "yes or no" | "number" | "text";
}

/** Columns that tell of classes, and how: names in cells, or the headings of cells that say yes. */
interface Choice {
  readonly columns: readonly Column[];
  readonly kind: "names" | "yes or no" | "probabilities";
}

/**
 * Class names from a table in text: a key of an image in one column, and names in others, or 0 and 1 below headings that
 * are names. A key may have several rows, a cell several names (`cat;dog`, `cat|dog`, `"cat, dog"`). With headings, the
 * columns are found by these; where they leave a choice it is asked for.
 *
 * @param text Content of the file.
 * @param path Its name, for messages.
 * @param options Images, column, classes.
 * @throws Error naming the file, and the line or the headings.
 */
export function parseLabelsCsv(text: string, path: string, options: LabelOptions): FoundLabels {
  const collector = new NameCollector(path, options), known = new Map<string, boolean>();
  const isImage = (cell: string): boolean => {
    let found = known.get(cell);
    if (found === undefined) known.set(cell, found = cell !== "" && isKey(collector, cell));
    return found;
  };
  const rows = readRows(text, { path, isImage });
  const headings = hasHeadings(rows, { path, isImage, options }) ? rows.shift()!.cells : null;
  const key = keyColumn(rows, { headings, isImage });
  const width = headings?.length ?? Math.max(0, ...rows.map(({ cells }) => cells.length));
  const columns = Array.from({ length: width }, (_, at) => column(at, { rows, headings, options }))
    .filter(({ at }) => at !== key);
  const choice = choose(columns, { path, options, headings });
  const open = choice.kind === "names" && choice.columns.some(({ at }) => at === width - 1) ? Infinity : width;
  const score = choice.kind === "names" && headings ? columns.find(({ word }) => SCORE.test(word)) : undefined;
  for (const { cells, line } of rows) {
    const id = cells[key] ?? "";
    if (id === "") throw new Error(`Expected an id at the start of line ${line} of ${path} but found none`);
    if (cells.slice(open).some((cell) => cell !== "")) {
      throw new Error(`Expected at most ${width} cells in line ${line} of ${path} but found ${cells.length}`);
    }
    if (score && NUMBER.test(cells[score.at] ?? "") && Number(cells[score.at]!.replace(",", ".")) === 0) {
      throw new Error(`Expected labels that hold but found the ${score.heading} 0 in line ${line} of ${path}`);
    }
    const over = open === Infinity ? cells.slice(width).flatMap(splitNames) : [];
    collector.add(collector.id(id), [...namesIn(cells, choice, { line, path }), ...over]);
  }
  const list = choice.columns.map(({ heading }) => heading);
  return {
    names: collector.all(),
    where: headings && list.length > 0 ? `column${list.length > 1 ? "s" : ""} ${some(list)}` : "",
    doubts: choice.kind === "probabilities"
      ? [`probabilities in the columns ${some(list)}: classes of at least 0.5 count`]
      : [],
  };
}

function isKey(collector: NameCollector, cell: string): boolean {
  try {
    return collector.find(cell) !== null;
  } catch { // several images have this name, which is told where it is used
    return true;
  }
}

/** Test for a row of headings. @throws Error where the first row may be one or not. */
function hasHeadings(
  [first, ...rest]: readonly Row[],
  { path, isImage, options }: { path: string; isImage: (cell: string) => boolean; options: LabelOptions },
): boolean {
  if (!first) return false;
  const { cells } = first, words = cells.map(plain);
  if (cells.some((cell) => cell !== "" && cell === options.column)) return true;
  const hasKey = words.some((word) => KEY.test(word)), hasNames = words.some((word) => NAMES.test(word));
  if (cells.some((cell) => isImage(cell) || withoutImageExtension(cell) !== cell)) return hasKey && hasNames;
  if (hasKey || hasNames) return true;
  const below = rest.slice(0, SAMPLE);
  const isAboveNumbers = cells.some((cell, at) => {
    const column = below.map(({ cells }) => cells[at] ?? "").filter(Boolean);
    return cell !== "" && !NUMBER.test(cell) && column.length > 0 && column.every((cell) => NUMBER.test(cell));
  });
  if (isAboveNumbers) return true;
  const isAlone = cells.length === 1 || !below.some(({ cells }) => cells.some(isImage));
  if (isAlone || cells.some((cell, at) => cell !== "" && below.some(({ cells }) => cells[at] === cell))) return false;
  throw new Error(
    `Expected an image, or headings such as filename and label, in line ${first.line} of ${path} but found ` +
      cells.join(", "),
  );
}

/** The column of keys: of those that are headed so the one that names most images, else of all. */
function keyColumn(
  rows: readonly Row[],
  { headings, isImage }: { headings: readonly string[] | null; isImage: (cell: string) => boolean },
): number {
  const width = Math.max(headings?.length ?? 0, ...rows.slice(0, SAMPLE).map(({ cells }) => cells.length));
  const hits = Array.from(
    { length: width },
    (_, at) => rows.slice(0, SAMPLE).filter(({ cells }) => isImage(cells[at] ?? "")).length,
  );
  const all = [...hits.keys()], headed = all.filter((at) => KEY.test(plain(headings?.[at] ?? "")));
  const places = headed.some((at) => hits[at]! > 0) ? headed : Math.max(0, ...hits) > 0 ? all : [...headed, ...all];
  const isFile = (at: number) => /file|path/.test(plain(headings?.[at] ?? ""));
  return places.sort((a, b) => hits[b]! - hits[a]! || Number(isFile(b)) - Number(isFile(a)))[0] ?? 0;
}

function column(
  at: number,
  { rows, headings, options }: { rows: readonly Row[]; headings: readonly string[] | null; options: LabelOptions },
): Column {
  const cells = rows.map(({ cells }) => cells[at] ?? "").filter((cell) => cell !== "");
  const names = cells.flatMap(splitNames);
  const areClasses = names.length > 0 && names.every((name) => options.classes?.includes(name));
  const kind = names.length === 0
    ? "blank"
    : areClasses
    ? "text"
    : cells.every((cell) => YES_NO.test(cell))
    ? "yes or no"
    : cells.every((cell) => NUMBER.test(cell)) || names.every((name) => NUMBER.test(name))
    ? "number"
    : "text";
  return { at, heading: headings?.[at] || String(at + 1), word: plain(headings?.[at] ?? ""), kind };
}

/** The columns that tell of classes. @throws Error where they cannot be told from others. */
function choose(
  columns: readonly Column[],
  { path, options: { column = null }, headings }: {
    path: string;
    options: LabelOptions;
    headings: readonly string[] | null;
  },
): Choice {
  if (column !== null) return told(columns, { column, path });
  const listed = (columns: readonly Column[]) => some(columns.map(({ heading }) => heading));
  const ask = (expected: string, found: string) =>
    new Error(`Expected ${expected} in ${path} but found ${found}; name it by --label-column (data.labelColumn)`);
  const refuse = (found: readonly Column[]) =>
    new Error(
      `Expected class names in ${path} but found numbers in the column${found.length > 1 ? "s" : ""} ${listed(found)}`,
    );
  const of = (among: readonly Column[], ...kinds: Column["kind"][]) => among.filter(({ kind }) => kinds.includes(kind));
  if (!headings) {
    const texts = of(columns, "text"), numbers = of(columns, "yes or no", "number");
    if (texts.length === 0 && numbers.length > 0) throw refuse(numbers);
    if (texts.length > 1 && numbers.length > 0) {
      throw ask("one column of class names", `text in the columns ${listed(texts)} and numbers in ${listed(numbers)}`);
    }
    return { columns: texts, kind: "names" };
  }
  const named = columns.filter(({ word }) => NAMES.test(word)), names = of(named, "text");
  if (names.length > 0) {
    if (new Set(names.map(({ word }) => word.replace(/ ?\d+$/, ""))).size === 1) {
      return { columns: names, kind: "names" };
    }
    throw ask("one column of class names", listed(names));
  }
  const areFlags = named.length > 1 && of(named, "yes or no").length === named.length; // class_1, class_2 …
  if (!areFlags && of(named, "yes or no", "number").length > 0) throw refuse(of(named, "yes or no", "number"));
  if (!areFlags && named.length > 0) return { columns: named, kind: "names" };
  const others = columns.filter(({ word }) => word.match(/^names?$/) || !ASIDE.test(word) && !KEY.test(word));
  const texts = of(others, "text"), numbers = of(others, "number"), all = of(others, "yes or no", "number");
  if (texts.length === 1 && all.length === 0) return { columns: texts, kind: "names" };
  if (texts.length === 0 && all.length > 0 && numbers.length === 0) return { columns: all, kind: "yes or no" };
  if (texts.length === 0 && all.length > 1) return { columns: all, kind: "probabilities" };
  if (of(columns, "blank").length === columns.length) return { columns: [], kind: "names" };
  throw ask("a column of class names, headed label or class,", listed(columns));
}

/** The columns that a user names: by their headings, or by their places from 1. */
function told(columns: readonly Column[], { column, path }: { column: string; path: string }): Choice {
  const find = (heading: string) =>
    columns.filter((one) => one.heading === heading.trim() || one.word === plain(heading) && one.word !== "");
  const whole = find(column);
  const chosen = whole.length > 0 ? whole : column.split(",").flatMap((heading) => {
    const found = find(heading);
    if (found.length > 0) return found;
    const known = columns.map((one) => one.heading);
    throw new Error(
      `Expected the column ${heading.trim()} (data.labelColumn) in ${path} but found ${known.join(", ")}` +
        nearestOf(heading.trim(), known),
    );
  });
  const areFlags = chosen.every(({ kind, word }) => kind === "yes or no" && !NAMES.test(word));
  return { columns: chosen, kind: areFlags ? "yes or no" : "names" };
}

/** @throws Error naming the line where probabilities say nothing. */
function namesIn(
  cells: readonly string[],
  { columns, kind }: Choice,
  { line, path }: { line: number; path: string },
): string[] {
  if (kind === "names") return columns.flatMap(({ at }) => splitNames(cells[at] ?? ""));
  if (kind === "yes or no") return columns.filter(({ at }) => YES.test(cells[at] ?? "")).map(({ heading }) => heading);
  const values = columns.map(({ at }) =>
    YES_NO.test(cells[at] ?? "") ? Number(YES.test(cells[at]!)) : Number((cells[at] || "0").replace(",", "."))
  );
  const foreign = columns.find((_, n) => !(values[n]! >= 0 && values[n]! <= 1));
  if (foreign) {
    throw new Error(
      `Expected class names, or 0, 1 or probabilities, in the column ${foreign.heading} of ${path} but found ` +
        `${cells[foreign.at]} in line ${line}; name the columns of classes by --label-column (data.labelColumn)`,
    );
  }
  const found = columns.filter((_, n) => values[n]! >= 0.5).map(({ heading }) => heading), most = Math.max(...values);
  if (found.length === 0 && most > 0.1) {
    throw new Error(
      `Expected a class of at least 0.5, or none above 0.1, in line ${line} of ${path} but found ${most}`,
    );
  }
  return found;
}

const some = (list: readonly string[]) => list.slice(0, 10).join(", ") + (list.length > 10 ? " …" : "");
