import type { LabelMap } from "../data/image.ts";

/** @throws RangeError if a prediction and the truth differ in size. */
export function expectSameSize(predicted: { height: number; width: number }, truth: LabelMap): void {
  if (predicted.height !== truth.height || predicted.width !== truth.width) {
    throw new RangeError(
      `Expected a prediction of the truth's ${truth.height}×${truth.width} pixels but found ` +
        `${predicted.height}×${predicted.width}`,
    );
  }
}
