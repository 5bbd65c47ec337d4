/** A percentage with one digit after the point; a dash where there is nothing to measure. */
export function formatPercent(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(1);
}
