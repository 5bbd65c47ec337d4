import { nearest as nearestOf } from "../files/nearest.ts";

/** "; the nearest is …" for a name that is not among the known ones; empty where none are known. */
export function nearest(name: string, known: readonly string[]): string {
  const best = nearestOf(name, known);
  return best === null ? "" : `; the nearest is ${best}`;
}
