import type { Metrics } from "./metrics.ts";

/**
 * What a run could not be judged on, as data sets without true masks or validation images cannot.
 *
 * @param metrics Results of a run.
 * @returns A sentence for each part, in the order of the results; none where everything was measured.
 */
export function notJudged({ classification, cam, relation, instance }: Metrics): string[] {
  const sentences: [images: number, sentence: string][] = [
    [classification.images, "Classification is not judged: data.valList names no list"],
    [relation.images, `Confident labels are not judged: no image of ${relation.split} has a true mask`],
    [cam.images, `CAMs and pseudo labels are not judged: no image of ${cam.split} has a true mask`],
    [instance.images, `Pseudo instances are not judged: no image of ${instance.split} has a true instance mask`],
  ];
  return sentences.filter(([images]) => images === 0).map(([, sentence]) => sentence);
}
