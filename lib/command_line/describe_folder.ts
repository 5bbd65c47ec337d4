import { levenshteinDistance } from "@std/text/levenshtein-distance";
import type { FolderReport, ImageFacts, MaskFacts } from "../data/inspect_folder.ts";
import { counted, doubtTeaching, FEW } from "../data/teaching.ts";
import { textTable } from "../files/terminal.ts";

/** Side below which an image is called very small, pixels. */
const SMALL = 32;

/** Problems of a folder in sentences. */
export interface FolderProblems {
  /** Ids of the images that a run can use. */
  readonly usable: readonly string[];
  /** About the others, which are left out. */
  readonly leftOut: readonly string[];
  /** All files and ids that are left out or not judged by, one a line, where the sentences name some of them only. */
  readonly all: readonly string[];
  /** Why a classifier could learn nothing; `null`: it can. It is among the doubtful, too. */
  readonly hopeless: string | null;
  /** About what a run can live with. */
  readonly doubtful: readonly string[];
}

/**
 * Contents of a folder of images, for people: numbers, formats, sizes, labels, masks, and images of each class.
 *
 * @param report What was found.
 * @param classes The classes in their order.
 * @returns Lines of text.
 */
export function describeFolder(report: FolderReport, classes: readonly string[]): string {
  const { root, images, negatives, names, labelSource, labels, masks, instanceMasks } = report;
  const sizes = images.map(({ width, height }) => ({ width, height, area: width * height }))
    .sort((a, b) => a.area - b.area)
    .map(({ width, height }) => `${width}×${height}`);
  const traits = images.flatMap(({ traits }) => traits.length > 0 ? traits : ["8-bit colour"]);
  const labelled = images.flatMap(({ id }) => names.has(id) ? [names.get(id)!] : []);
  const perImage = labelled.reduce((sum, those) => sum + those.length, 0) / Math.max(1, labelled.length);
  const rows = [
    ["images", `${images.length}: ${frequencies(images.map(({ format }) => format))}`],
    ["pixels", frequencies(traits)],
    ["sizes", `${sizes[0]} to ${sizes.at(-1)}, median ${sizes[sizes.length >> 1]}`],
    [
      "labels",
      `${labelSource}${labels.where && `, ${labels.where}`}: ${classes.length} classes, ${
        perImage.toFixed(1)
      } an image`,
    ],
    ...(negatives.length > 0 ? [["negatives", `${counted(negatives.length)} without any class`]] : []),
    [
      "ground truth",
      masks.size > 0
        ? `${masks.size}, of instances ${instanceMasks.size}`
        : "none, which is fine: results are made, and not judged",
    ],
  ];
  const table = classes.map((name, index) => {
    return [String(index + 1), name, String(labelled.filter((those) => those.includes(name)).length)];
  });
  return [
    root,
    textTable(rows.map((row) => ["", ...row])),
    "",
    textTable([["id", "class", "images"], ...table].map(([id, name, count]) => [id!.padStart(4), name!, count!])),
  ].join("\n");
}

/**
 * Faults, certain or possible, of a folder of images.
 *
 * @param report What was found.
 * @param classes The classes in their order.
 * @returns Sentences, each naming up to five images.
 */
export function folderProblems(report: FolderReport, classes: readonly string[]): FolderProblems {
  const { images, unreadable, ambiguous, names, labelSource, masks, instanceMasks } = report;
  const present = new Set([...images, ...unreadable, ...ambiguous].map(({ id }) => id));
  const unlabelled = images.filter(({ id }) => !names.has(id)).map(({ id }) => id);
  const lost = [...names.keys()].filter((id) => !present.has(id));
  const empty = images.filter(({ id }) => names.get(id)?.length === 0).map(({ id }) => id);
  const small = images.filter(({ width, height }) => Math.min(width, height) < SMALL).map(({ id }) => id);
  const labelsOf = (id: string) => (names.get(id) ?? []).map((name) => classes.indexOf(name) + 1);
  const faulty = images.flatMap((image) => {
    const problems = [
      maskProblem(image, {
        mask: meantIds(masks.get(image.id), labelsOf(image.id)),
        kind: "class",
        most: classes.length,
      }),
      maskProblem(image, { mask: instanceMasks.get(image.id), kind: "instance", most: 254 }),
    ];
    return problems.filter((problem) => problem !== null).map((problem) => ({ id: image.id, problem }));
  });
  const unusable = new Set(unlabelled), unjudged = new Set(faulty.map(({ id }) => id));
  const damaged = unreadable.map(({ id, message }) => `${id} cannot be read: ${message}`);
  const doubled = ambiguous.map(({ id, files }) => `${id} is the name of several files: ${files.join(", ")}`);
  const unfit = faulty.map(({ problem }) => `${problem}: it is not judged by`);
  const all = [
    ...damaged,
    ...doubled,
    ...unlabelled.map((id) => `${id} has no labels in ${labelSource}`),
    ...lost.map((id) => `${id} has labels, but no image`),
    ...unfit,
  ];
  const leftOut = [
    ...few(damaged),
    ...few(doubled),
    unlabelled.length > 0 &&
    `without labels in ${labelSource} (an empty list would say that no class is shown): ${some(unlabelled)}`,
    lost.length > 0 && `labelled, but without an image: ${some(lost)}`,
  ];
  const usable = images.map(({ id }) => id).filter((id) => !unusable.has(id));
  const shown = [...usable.map((id) => names.get(id)!), ...report.negatives.map(() => [])];
  const { hopeless, doubts } = doubtTeaching(shown, classes);
  const doubtful = [
    ...hopeless === null ? [] : [hopeless],
    ...report.labels.doubts,
    ...alike(report, classes),
    ...doubts,
    ...rare(report, classes),
    ...few(copies([...images, ...report.negatives]).map((ids) => `the same file under several names: ${some(ids)}`)),
    small.length > 0 && `with a side below ${SMALL} pixels, of which masks can hardly be made: ${some(small)}`,
    empty.length > 0 && `without any class, as background for the classifier: ${some(empty)}`,
    ...few(unfit),
    ...oddMasks(report, labelsOf),
    ...disagreeing(report, { classes, usable: usable.filter((id) => !unjudged.has(id)) }),
  ];
  const sentences = (list: readonly (string | false)[]) => list.filter((sentence) => sentence !== false);
  return {
    usable,
    leftOut: sentences(leftOut),
    hopeless,
    doubtful: sentences(doubtful),
    all: all.length > 10 ? all : [],
  };
}

/** A mask by its indices, where the labels of its image agree with these and not with VOC's colours. */
function meantIds(mask: MaskFacts | undefined, labels: readonly number[]): MaskFacts | undefined {
  const fits = (ids: readonly number[]) => ids.every((id) => labels.includes(id));
  return mask?.indices && !fits(mask.ids) && fits(mask.indices) ? { ...mask, ids: mask.indices, indices: null } : mask;
}

/** Names in the labels that are one letter apart, or differ in their case: the rarer one may be a slip of the pen. */
function alike(report: FolderReport, classes: readonly string[]): string[] {
  const isAlike = (a: string, b: string) =>
    a.toLowerCase() === b.toLowerCase() || (Math.min(a.length, b.length) >= 3 && levenshteinDistance(a, b) === 1);
  const used = classes.filter((name) => imagesOf(report, name) > 0);
  return used.flatMap((a, i) =>
    used.slice(i + 1).filter((b) => isAlike(a, b)).map((b) => {
      const [rarer, other] = imagesOf(report, a) <= imagesOf(report, b) ? [a, b] : [b, a];
      return `class ${rarer} (${counted(imagesOf(report, rarer))}): did you mean ${other} ` +
        `(${counted(imagesOf(report, other))})?`;
    })
  );
}

function rare(report: FolderReport, classes: readonly string[]): string[] {
  const counts = classes.map((name) => imagesOf(report, name)), most = Math.max(...counts);
  return classes.flatMap((name, i) => {
    const factor = Math.floor(most / counts[i]!);
    return factor >= 10 && counts[i]! >= FEW
      ? [`class ${name} is in ${factor} times fewer images than the most frequent one`]
      : [];
  });
}

/** Ids of images whose files are equal, group by group. */
function copies(images: readonly ImageFacts[]): string[][] {
  const groups = Map.groupBy(images, ({ hash }) => hash);
  return [...groups.values()].filter((group) => group.length > 1).map((group) => group.map(({ id }) => id));
}

function maskProblem(
  { id, width, height }: ImageFacts,
  { mask, kind, most }: { mask: MaskFacts | undefined; kind: "class" | "instance"; most: number },
): string | null {
  if (!mask) return null;
  if (mask.problem !== null) return `the ${kind} mask of ${id} cannot be read: ${mask.problem}`;
  if (mask.width !== width || mask.height !== height) {
    return `the ${kind} mask of ${id} has ${mask.width}×${mask.height} pixels, but the image ${width}×${height}`;
  }
  const unknown = mask.ids.find((label) => label > most);
  return unknown === undefined
    ? null
    : `the ${kind} mask of ${id} holds the id ${unknown}, but classes have 1…${most}, void 255`;
}

/** Masks that are read, but perhaps not as they were meant; files that are no masks at all. */
function oddMasks({ masks, names, otherMasks }: FolderReport, labelsOf: (id: string) => number[]): string[] {
  const read = [...masks].map(([id, mask]) => [id, meantIds(mask, labelsOf(id))!] as const)
    .filter(([, { problem }]) => problem === null);
  const bare = read.filter(([id, { ids, hasVoid }]) => hasVoid && ids.length === 0 && names.get(id)?.length)
    .map(([id]) => id);
  const recoloured = read.filter(([, { indices }]) => indices !== null).map(([id]) => id);
  const sentences = [
    bare.length > 0 &&
    `masks of 0 and 255 alone, which are background and void (a class has its id of the table): ${some(bare)}`,
    recoloured.length > 0 && `masks with VOC's colours at other indices, read by their colours: ${some(recoloured)}`,
    otherMasks.length > 0 && `masks that are not read, since only PNG is: ${some(otherMasks)}`,
  ];
  return sentences.filter((sentence) => sentence !== false);
}

/** Masks of a class that the labels of their image lack: most likely, ids and classes are not in one order. */
function disagreeing(
  { names, masks }: FolderReport,
  { classes, usable }: { classes: readonly string[]; usable: readonly string[] },
): string[] {
  const found = usable.flatMap((id) => {
    const ids = meantIds(masks.get(id), (names.get(id) ?? []).map((name) => classes.indexOf(name) + 1))?.ids ?? [];
    const label = ids.find((label) =>
      classes[label - 1] !== undefined && !names.get(id)?.includes(classes[label - 1]!)
    );
    return label === undefined ? [] : [`${id} (${label}: ${classes[label - 1]})`];
  });
  return found.length === 0 ? [] : [
    `ground truth with classes that the labels do not name: ${some(found)}; are the ids of the classes those of the ` +
    "table? --classes a,b,… gives another order",
  ];
}

function imagesOf({ images, names }: FolderReport, name: string): number {
  return images.filter(({ id }) => names.get(id)?.includes(name)).length;
}

/** How often each word occurs, the most frequent first. */
function frequencies(words: readonly string[]): string {
  const counts = [...Map.groupBy(words, (word) => word)].map(([word, { length }]) => ({ word, length }));
  return counts.sort((a, b) => b.length - a.length).map(({ word, length }) => `${length} ${word}`).join(", ");
}

/** The first ten of many sentences, and how many more there are. */
function few(sentences: readonly string[]): string[] {
  return sentences.length <= 10
    ? [...sentences]
    : [...sentences.slice(0, 10), `and ${sentences.length - 10} more like it`];
}

/** The first five of many. */
function some(ids: readonly string[]): string {
  return `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ` and ${ids.length - 5} more` : ""}`;
}
