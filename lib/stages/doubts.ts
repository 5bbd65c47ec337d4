/** Doubts about the results of a run that its own files tell, without ground truth. */
import { classifierQuality } from "../evaluation/mod.ts";
import type { StageContext } from "../run/stage.ts";
import { readJson } from "./_read.ts";
import { classifierDoubts } from "./backbone_train.ts";
import type { PrototypeCounts } from "./prototypes.ts";

/** Doubts about results, in sentences. */
export interface ResultDoubts {
  /** Classes that the classifier hardly knows, a line each. */
  readonly classes: readonly string[];
  /** Labelled images without an instance of a class, a line each. */
  readonly images: readonly string[];
}

type Context = Pick<StageContext, "config" | "dataset" | "files">;

/** Skill below which a classifier is called poor: halfway between guessing and perfection. */
const POOR = 0.5;

/**
 * Finds classes with a poor classifier, and images with labels but without instances.
 *
 * @param context With the files of the stages `cam_train` and `instance`; where there are none, nothing is doubted.
 * @param ids The images.
 */
export async function resultDoubts(
  context: Context,
  ids: readonly string[],
): Promise<ResultDoubts> {
  const images: string[] = [];
  for (const id of ids) for (const reason of await missingInstances(context, id)) images.push(`${id}: ${reason}`);
  return { classes: [...await doubtfulClasses(context), ...await withoutPrototypes(context)], images };
}

/** Classes that LPCAM found nothing to compare features with. */
async function withoutPrototypes({ config: { cam, data }, dataset, files }: Context): Promise<string[]> {
  if (cam.method !== "lpcam" || !await files.read("prototypes", "prototypes.json")) return [];
  const found: PrototypeCounts[] = await readJson(files, { stage: "prototypes", file: "prototypes.json" });
  return found.flatMap(({ prototypes, images }, c) => {
    if (prototypes > 0) return [];
    const why = images === 0
      ? `no image of ${data.prototypeList ?? data.trainList} shows it`
      : `its CAMs are empty in every image with it (${images})`;
    return [
      `class ${dataset.classes[c]}: no prototypes, as ${why}; its maps compare features with the classifier's weights`,
    ];
  });
}

/** Why classes that an image is labelled with have no instance, a line each. */
export async function missingInstances(
  { dataset, files }: Pick<Context, "dataset" | "files">,
  id: string,
): Promise<string[]> {
  if (!await files.read("instance", `${id}.json`)) return [];
  const { missing }: { missing: { class: number; why: string }[] } = await readJson(files, {
    stage: "instance",
    file: `${id}.json`,
  });
  return missing.map(({ class: label, why }) => `no instance of ${dataset.classes[label]}: ${why}`);
}

/** Classes that the labels, or the classifier's logits, say it hardly knows. */
async function doubtfulClasses(context: Context): Promise<string[]> {
  const { config: { cam }, dataset: { classes, labels }, files } = context;
  if (cam.from !== null || !await files.read("cam_train", "training.json")) return [];
  const logits: Record<string, number[]> = await readJson(files, { stage: "cam_train", file: "training.json" });
  const ids = Object.keys(logits);
  const percent = (fraction: number) => (100 * fraction).toFixed(1);
  const poor = classifierQuality(Object.values(logits), { labels: ids.map(labels), classes })
    .filter(({ skill }) => skill < POOR)
    .map(({ name, images, precision, chance }) =>
      `class ${name}: the classifier is poor, average precision ${
        percent(precision)
      } on ${ids.length} training images ` +
      `(${images} with it), by chance ${percent(chance)}`
    );
  if (cam.weights !== null) return poor;
  const { hopeless, doubts } = classifierDoubts(context);
  return [...hopeless === null ? [] : [hopeless], ...doubts, ...poor];
}
