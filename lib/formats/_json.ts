/** Checks of values that come from JSON; errors name the place, such as `annotations[3].score of a.json`. */

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws Error unless it is an object. */
export function expectObject(value: unknown, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Error(`Expected an object as ${place} but found ${show(value)}`);
}

/** @throws Error unless it is a list. */
export function expectList(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`Expected a list as ${place} but found ${show(value)}`);
}

/** @throws Error unless it is text. */
export function expectText(value: unknown, place: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`Expected text as ${place} but found ${show(value)}`);
}

/** @throws Error unless it is a finite number. */
export function expectNumber(value: unknown, place: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`Expected a number as ${place} but found ${show(value)}`);
}

/** @throws Error unless it is a whole number or text, as ids are. */
export function expectId(value: unknown, place: string): number | string {
  if (Number.isSafeInteger(value) || (typeof value === "string" && value !== "")) return value as number | string;
  throw new Error(`Expected a whole number or text as ${place} but found ${show(value)}`);
}

/** @throws Error unless it is a number of pixels along a side. */
export function expectSide(value: unknown, place: string): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_500) return value as number;
  throw new Error(`Expected a whole number of 1 to 65500 as ${place} but found ${show(value)}`);
}

/** A value in short. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
