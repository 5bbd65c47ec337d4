/** Data sets of a few images, for tests of labels. */
import { openDataset } from "../../lib/data/mod.ts";
import { inspectFolder } from "../../lib/data/inspect_folder.ts";
import { encodePng } from "../../lib/files/png.ts";

const image = encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 255) }, { palette: null });

/** Options of {@linkcode labelsIn}. */
export interface LabelsInOptions {
  /** Paths of images. Default: `a.jpg` … `d.jpg`. */
  readonly images?: readonly string[];
  /** Path of the labels below the folder. Default: the only file; `null`: where they are found. */
  readonly labels?: string | null;
  readonly column?: string;
  /** Classes that are known. */
  readonly classes?: readonly string[];
}

/**
 * Class names by id as `init` finds them and as a run does, which has to be the same; the message of the error with `*`
 * for the folder, where there is one.
 */
export async function labelsIn(
  files: Readonly<Record<string, string | Uint8Array>>,
  { images = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"], labels = Object.keys(files)[0] ?? null, column, classes }:
    LabelsInOptions = {},
): Promise<Record<string, readonly string[]> | string> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, content] of [...images.map((path) => [path, image] as const), ...Object.entries(files)]) {
      await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(
        `${root}/${path}`,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    }
    const source = { labels: labels && `${root}/${labels}`, labelColumn: column ?? null };
    const report = await inspectFolder(root, { ...source, classes: classes ?? null });
    const all = report.labels.classes ?? classes ?? [...new Set([...report.names.values()].flat())].sort();
    const dataset = await openDataset({ root, ...source, classes: all });
    const found: Record<string, readonly string[]> = {};
    for (const id of [...report.images, ...report.unreadable].map(({ id }) => id).sort()) {
      const names = report.names.get(id),
        read = names && dataset.labels(id).map((label) => all[label]!.normalize()).sort();
      if (names?.toSorted().join() !== read?.join()) throw new Error(`Expected ${names} of ${id} but found ${read}`);
      if (read) found[id] = read;
    }
    return found;
  } catch (error) {
    return (error as Error).message.replaceAll(root, "*");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
