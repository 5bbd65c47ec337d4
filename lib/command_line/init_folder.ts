import { join, resolve } from "node:path";
import { type Config, presets } from "../config/config.ts";
import { type FolderReport, inspectFolder, MOST_LABELS, openDataset } from "../data/mod.ts";
import { checkLists } from "../config/check_paths.ts";
import { describeFolder, folderProblems } from "./describe_folder.ts";
import { exists, isFolder, removeIfExists } from "../files/disk.ts";
import { classesOf, initConfig } from "../config/init_config.ts";
import { loadConfig } from "../config/load_config.ts";
import { Progress, type ProgressOptions } from "../files/terminal.ts";
import { UsageError } from "../config/usage_error.ts";
import { mapPaths, pathBeside } from "../config/user_path.ts";

/** Options of {@linkcode initFolder}. */
export interface InitFolderOptions {
  /** File or folder of the labels; absent: where they are found. */
  readonly labels?: string;
  /** Headings of the columns of class names in a table; absent: found by their names. */
  readonly labelColumn?: string;
  /** Folder of images without any class, added to what classifiers train on. */
  readonly negatives?: string;
  /** Names of the classes in the order of the ids in masks; absent: in alphabetical order. */
  readonly classes?: readonly string[];
  /** File of ImageNet weights. */
  readonly weights?: string;
  /** The preset to start from; absent: `lite` with weights, `sample` without. */
  readonly preset?: Config["preset"];
  /** The configuration to write; absent: `irnet.json` in the folder. */
  readonly out?: string;
  /** Overwrites it. */
  readonly force: boolean;
  /** Where progress is shown. */
  readonly progress: ProgressOptions;
  /** Shows a text. */
  readonly write: (text: string) => void;
}

/**
 * Looks at a folder of images, says what it found and writes a configuration that runs.
 *
 * @param folder The folder.
 * @param options Where the labels are, what to start from and what to write.
 * @throws UsageError if the options contradict each other or the configuration exists; nothing is written.
 * @throws Error if there are no images, no labels or no classes, or the labels cannot be read.
 */
export async function initFolder(folder: string, options: InitFolderOptions): Promise<void> {
  const { write, out = join(folder, "irnet.json"), labelColumn = null, negatives = null } = options;
  const given = options.classes?.map((name) => name.normalize()) ?? null;
  const preset = choosePreset(options);
  if (!options.force && await exists(out)) {
    throw new UsageError(`Expected to write ${out} but found it there already; use --force`);
  }
  if (options.weights !== undefined && !await exists(options.weights)) {
    throw new UsageError(`Expected a file for --weights but found none at ${options.weights}`);
  }
  if (negatives !== null && !isFolder(negatives)) {
    throw new UsageError(`Expected a folder for --negatives but found none at ${negatives}`);
  }
  const bar = new Progress("looking at", options.progress);
  const report = await inspectFolder(folder, {
    labels: options.labels ?? await onlyTable(folder, out),
    labelColumn,
    negatives,
    classes: given,
    progress: (done, total) => bar.update(done, total),
  });
  bar.end();
  if (report.images.length === 0) {
    const found = report.unreadable[0]?.message ?? "several files of every name";
    throw new Error(`Expected images that can be read in ${folder} but found: ${found}`);
  }
  const classes = given ?? classesOf(report);
  if (classes.length === 0) throw new Error(`Expected names of classes in ${report.labelSource} but found none`);
  if (classes.length > MOST_LABELS) {
    throw new Error(
      `Expected at most ${MOST_LABELS} classes in ${report.labelSource}, since label maps have a byte a pixel, but found ` +
        `${classes.length}`,
    );
  }

  write(describeFolder(report, classes));
  const { usable, leftOut, hopeless, doubtful, all } = folderProblems(report, classes);
  if (leftOut.length > 0) write(`\nLeft out\n${bulleted(leftOut)}`);
  if (doubtful.length > 0) write(`\nTo look at\n${bulleted(doubtful)}`);

  if (usable.length === 0) throw new Error(`Expected images with labels in ${folder} but all have to be left out`);
  const lists = await chooseLists(report, {
    classes,
    labelColumn,
    negatives,
    out,
    usable,
    isWhole: leftOut.length === 0,
  });
  const network = await otherNetwork(options.weights, preset);
  const own = initConfig(report, {
    preset,
    network,
    classes,
    labelColumn,
    negatives,
    weights: options.weights ?? null,
    ...lists,
  });
  const config = mapPaths(own, (path) => pathBeside(out, path));
  const whole = { path: `${out.replace(/\.json$/i, "")}.left_out.txt`, text: `${all.join("\n")}\n` };
  const files = [...lists.files, ...all.length > 0 ? [whole] : [], {
    path: out,
    text: `${JSON.stringify(config, null, 2)}\n`,
  }];
  for (const { path } of options.force ? [] : files) {
    if (await exists(path)) throw new UsageError(`Expected to write ${path} but found it there already; use --force`);
  }
  for (const { path, text } of files) await Deno.writeTextFile(path, text);
  try {
    await check(out);
  } catch (error) { // it does not run
    for (const { path } of files) await removeIfExists(path);
    throw error;
  }

  write(
    `\nWritten: ${
      files.map(({ path }) => path).join(", ")
    }, with the preset ${preset} for ${lists.usable.length} images`,
  );
  if (network) write(`backbone.network ${network}: the weights are of this network`);
  const longSide = config.data?.longSide;
  if (longSide) write(`data.longSide ${longSide}: larger images are read at this size; masks come out at full size`);
  if (preset === "sample") write(WITHOUT_WEIGHTS);
  const weights = options.weights === undefined ? "" : ` --weights ${quoted(options.weights)}`;
  write(
    hopeless
      ? `\nNext\n  deno task init ${quoted(folder)}${weights} --negatives folder-of-other-images --force`
      : `\nNext\n  deno task pipeline --config ${quoted(out)}\n  deno task export --config ${quoted(out)}`,
  );
}

const WITHOUT_WEIGHTS = `
The backbone starts from random values, without ImageNet weights. That is enough to try everything, and for simple
shapes; masks of photographs will be poor. With weights they get better: deno task weights:efficientnet_lite0 fetches
them to weights/, and init takes them as --weights weights/efficientnet_lite0.safetensors --force.`;

/** The only file of JSON, CSV or NumPy in a folder but the configuration; `null` where there are several, or XML files. */
async function onlyTable(folder: string, out: string): Promise<string | null> {
  if (!await exists(folder) || await exists(join(folder, "Annotations"))) return null;
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => join(folder, name));
  const tables = files.filter((path) => /\.(jsonl?|csv|tsv|npy)$/i.test(path) && resolve(path) !== resolve(out));
  return tables.length === 1 ? tables[0]! : null;
}

function choosePreset({ preset, weights }: InitFolderOptions): Config["preset"] {
  const chosen = preset ?? (weights === undefined ? "sample" : "lite");
  if (chosen === "sample" && weights !== undefined) {
    throw new UsageError("Expected the preset lite, paper or coco for --weights but found sample");
  }
  if (chosen !== "sample" && weights === undefined) {
    throw new UsageError(`Expected --weights with ImageNet weights for the preset ${chosen} but found none`);
  }
  return chosen;
}

/** The network of weights, where it takes the place of the preset's: one of the same family. */
async function otherNetwork(
  weights: string | undefined,
  preset: Config["preset"],
): Promise<Config["backbone"]["network"] | null> {
  if (weights === undefined || preset !== "lite") return null;
  const found = await (await import("../stages/given_weights.ts")).networkOf(weights);
  return found?.startsWith("efficientnet") && found !== presets[preset].backbone.network ? found : null;
}

/** Lists of a configuration, and those files of them that have to be written. */
interface Lists {
  readonly list: string;
  readonly valList: string | null;
  /** Ids of `list`. */
  readonly usable: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/**
 * The data set's own lists `train` and `val` if it has them, else all images; with images left out, files beside the
 * configuration that list the others.
 */
async function chooseLists(
  report: FolderReport,
  { classes, labelColumn, negatives, out, usable, isWhole }: {
    classes: readonly string[];
    labelColumn: string | null;
    negatives: string | null;
    out: string;
    usable: readonly string[];
    isWhole: boolean;
  },
): Promise<Lists> {
  const dataset = await openDataset({ root: report.root, labels: report.labelSource, labelColumn, negatives, classes });
  for (const id of usable) dataset.labels(id); // all classes are known
  const known = new Set(usable);
  const files: { path: string; text: string }[] = [];
  const listFile = (name: string, ids: readonly string[]): string => {
    const path = `${out.replace(/\.json$/i, "")}.${name}.txt`;
    files.push({ path, text: `${ids.join("\n")}\n` });
    return path;
  };
  const ownList = (name: string): { name: string; ids: string[] } | null => {
    if (!report.lists.includes(name)) return null;
    const ids = dataset.list(name), left = ids.filter((id) => known.has(id));
    if (left.length === 0) return null;
    return { name: left.length === ids.length ? name : listFile(name, left), ids: left };
  };
  const train = ownList("train") ?? { name: isWhole ? "all" : listFile("all", usable), ids: usable };
  return { list: train.name, valList: ownList("val")?.name ?? null, usable: train.ids, files };
}

/** Opens what was written as a run would. */
async function check(out: string): Promise<void> {
  const config = loadConfig({ file: out });
  checkLists(await openDataset(config.data), { config, group: "data" });
}

const bulleted = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join("\n");

const quoted = (path: string) => /^[\w./-]+$/.test(path) ? path : `"${path}"`;
