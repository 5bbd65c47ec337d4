/** Any part of a configuration; lists are whole. */
export type Part<T> = { [K in keyof T]?: T[K] extends readonly unknown[] | null ? T[K] : Part<T[K]> | T[K] };

/** Changes of a configuration put into it: groups are merged, everything else is replaced. */
export function merge<T>(base: T, changes: Part<T>): T;
/** The same, of values that are not checked yet. */
export function merge(base: unknown, changes: unknown): unknown;
export function merge(base: unknown, changes: unknown): unknown {
  if (!isGroup(base) || !isGroup(changes)) return changes;
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) merged[key] = merge(base[key], value);
  return merged;
}

/** A value that is an object with keys, neither list nor null. */
export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
