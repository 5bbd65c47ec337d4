import type { LabelMap } from "../data/image.ts";

/** @throws RangeError if a prediction and the ground truth differ in size. */
export function expectSameSize(predicted: { height: number; width: number }, groundTruth: LabelMap): void {
  if (predicted.height !== groundTruth.height || predicted.width !== groundTruth.width) {
    throw new RangeError(
      `Expected a prediction of the ground truth's ${groundTruth.height}×${groundTruth.width} pixels but found ` +
        `${predicted.height}×${predicted.width}`,
    );
  }
}

/** The mean of the values that are numbers; NaN if none is. */
export function meanOfNumbers(values: readonly number[]): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
