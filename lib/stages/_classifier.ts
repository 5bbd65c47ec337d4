/** Judgement of a classifier on images: its logits, and whether it learned anything. */
import { classifyImage } from "../cam/mod.ts";
import { classifierQuality } from "../evaluation/mod.ts";
import type { Backbone } from "../nn/mod.ts";
import type { StageContext } from "../run/stage.ts";
import { disposeParams, type Params } from "../weights/mod.ts";

/** Images that a classifier is judged on where there are more; of every class at least so many, if there are. */
const JUDGED = 500, OF_EACH_CLASS = 10;

/** Mean skill of classes below which a classifier does not tell them apart; that of guesses on 20 images is about 0.2. */
const GUESSING = 0.3;

/** Images to judge a classifier on: evenly spaced ones of those it was trained on, with some of every class. */
export function judgedIds({ dataset }: Pick<StageContext, "dataset">, ids: readonly string[]): string[] {
  const apart = Math.max(1, ids.length / JUDGED), counts = new Map<number, number>();
  return ids.filter((id, i) => {
    const isSpaced = Math.floor(i / apart) > Math.floor((i - 1) / apart);
    const isRare = dataset.labels(id).some((label) => (counts.get(label) ?? 0) < OF_EACH_CLASS);
    if (isSpaced || isRare) { for (const label of dataset.labels(id)) counts.set(label, (counts.get(label) ?? 0) + 1); }
    return isSpaced || isRare;
  });
}

/** Class logits of images, by id. */
export async function classify(
  { dataset, progress }: StageContext,
  { backbone, params, side, ids }: { backbone: Backbone; params: Params; side: number; ids: readonly string[] },
): Promise<Record<string, number[]>> {
  const logits: Record<string, number[]> = {};
  const folded = backbone.fold(params);
  const network = { backbone, params: { ...folded, "classifier.weight": params["classifier.weight"]! } };
  try {
    for (const [i, id] of ids.entries()) {
      logits[id] = await classifyImage(network, await dataset.readImage(id), { side });
      progress(i + 1, ids.length, "validation");
    }
  } finally {
    disposeParams(folded);
  }
  return logits;
}

/** Says that a classifier tells classes apart no better than by chance; `null` where it does, or where there is nothing to tell. */
export async function guesses(
  context: StageContext,
  network: { backbone: Backbone; params: Params; side: number; ids: readonly string[] },
): Promise<string | null> {
  const ids = judgedIds(context, network.ids), { classes, labels } = context.dataset;
  const logits = await classify(context, { ...network, ids });
  const rows = classifierQuality(Object.values(logits), { labels: Object.keys(logits).map(labels), classes })
    .filter(({ skill }) => !Number.isNaN(skill));
  const mean = (of: (row: typeof rows[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const shown = (fraction: number) => (100 * fraction).toFixed(1);
  return rows.length === 0 || mean(({ skill }) => skill) >= GUESSING
    ? null
    : `mAP on ${ids.length} training images is ${shown(mean(({ precision }) => precision))}, by chance ` +
      shown(mean(({ chance }) => chance));
}
