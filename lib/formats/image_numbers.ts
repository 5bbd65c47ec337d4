/**
 * Numbers of images, as COCO wants them: the digits of ids such as `2007_000033` if all ids are of digits, else the
 * places in the list, from 1.
 *
 * @param ids The list.
 * @returns A number for each id, all different.
 * @example
 * ```ts
 * import { imageNumbers } from "./image_numbers.ts";
 * imageNumbers(["2007_000033", "2007_000042"]); // 2007000033 2007000042
 * imageNumbers(["cat", "dog"]); // 1 2
 * ```
 */
export function imageNumbers(ids: readonly string[]): number[] {
  const digits = ids.map((id) => /^\d+(_\d+)*$/.test(id) ? Number(id.replaceAll("_", "")) : NaN);
  const fit = digits.every((n) => Number.isSafeInteger(n) && n > 0) && new Set(digits).size === ids.length;
  return fit ? digits : ids.map((_, n) => n + 1);
}
