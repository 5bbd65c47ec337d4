/**
 * Types of the standard library's modules, which the npm mirror in the import map lacks. With `jsr:@std` in the import
 * map this file, and `compilerOptions.types` in deno.json, go.
 */

declare module "@std/assert" {
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, message?: string): void;
  // deno-lint-ignore no-explicit-any
  type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;
  export function assertThrows<E extends Error = Error>(fn: () => unknown, error?: ErrorClass<E>, includes?: string): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    error?: ErrorClass<E>,
    includes?: string,
  ): Promise<E>;
}

declare module "@std/async/delay" {
  export function delay(milliseconds: number, options?: { signal?: AbortSignal; persistent?: boolean }): Promise<void>;
}

declare module "@std/bytes/concat" {
  export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/fmt/bytes" {
  export function format(
    bytes: number,
    options?: { binary?: boolean; minimumFractionDigits?: number; maximumFractionDigits?: number },
  ): string;
}

declare module "@std/html/entities" {
  export function escape(text: string): string;
}

declare module "@std/text/closest-string" {
  export function closestString(word: string, words: readonly string[], options?: { caseSensitive?: boolean }): string;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(a: string, b: string): number;
}
