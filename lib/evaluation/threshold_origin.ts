/** The way that a threshold was come by, which every number that depends on it must tell. */
export interface ThresholdOrigin {
  /** The threshold. */
  value: number;
  /** Fixed before these images were looked at; chosen on maps, without masks; or on ground truth. */
  chosen: "before" | "maps" | "masks";
  /** The images that it was chosen on; `null`: none. */
  on: string | null;
}

/**
 * Finds where a threshold comes from.
 *
 * @param key Its setting, such as `synthesis.semanticThreshold`.
 * @param options Its value, and the choices of `evaluation.chosen`: `key=value maps list` or `key=value masks list`. One
 * of another value is not about this threshold.
 * @example
 * ```ts
 * import { describeOrigin, thresholdOrigin } from "./threshold_origin.ts";
 * const chosen = ["cam.threshold=0.4 maps val"];
 * describeOrigin(thresholdOrigin("cam.threshold", { value: 0.4, chosen })); // chosen without masks on val
 * describeOrigin(thresholdOrigin("cam.threshold", { value: 0.5, chosen })); // fixed before
 * ```
 */
export function thresholdOrigin(
  key: string,
  { value, chosen }: { readonly value: number; readonly chosen: readonly string[] },
): ThresholdOrigin {
  for (const choice of chosen) {
    const [, name, text, how, on] = CHOICE.exec(choice) ?? [];
    if (name === key && Number(text) === value) return { value, chosen: how as "maps" | "masks", on: on! };
  }
  return { value, chosen: "before", on: null };
}

/** A choice of a threshold as a text: key, value, way, images. */
export const CHOICE = /^([\w.]+)=([\d.]+) (maps|masks) (.+)$/;

/** The origin of a threshold in words. */
export function describeOrigin({ chosen, on }: Pick<ThresholdOrigin, "chosen" | "on">): string {
  if (chosen === "before") return "fixed before";
  return chosen === "maps" ? `chosen without masks on ${on}` : `chosen on ground truth of ${on}`;
}
