import { expectList, parseJson } from "./_json.ts";
import {
  type CocoAnnotation,
  type CocoDataset,
  groupByImage,
  readCocoAnnotation,
  readCocoDataset,
} from "./coco_dataset.ts";

/** What another program found: a list of results, or a data set with scores. */
export interface CocoPredictions {
  /** Results by id of their image. */
  readonly annotations: ReadonlyMap<number | string, readonly CocoAnnotation[]>;
  /** Images and classes, where the file tells of them. */
  readonly dataset: CocoDataset | null;
}

/**
 * Reads predictions: COCO's results format, a list of `image_id`, `category_id`, `segmentation`, `score`, or a whole
 * data set, such as exported pseudo labels, whose annotations may lack scores.
 *
 * @param text The JSON.
 * @param name What the error messages call the file.
 * @throws Error naming file, place and value of what is missing or of another kind.
 */
export function parseCocoPredictions(text: string, name: string): CocoPredictions {
  const json = parseJson(text, name);
  if (!Array.isArray(json)) {
    const dataset = readCocoDataset(json, name);
    return { annotations: dataset.annotations, dataset };
  }
  const results = expectList(json, name).map((value, n) => {
    const result = readCocoAnnotation(value, `result ${n} of ${name}`);
    if (result.score === null) throw new Error(`Expected a score in ${result.name} but found none`);
    return result;
  });
  return { annotations: groupByImage(results), dataset: null };
}
