import { hash } from "node:crypto";

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return hash("sha256", bytes, "hex");
}

/** SHA-256 of a JSON value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return sha256(canonical(value) ?? "undefined");
}

/** As `JSON.stringify`, with sorted keys. */
function canonical(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((part) => canonical(part) ?? "null").join()}]`;
  const record = value as Record<string, unknown>;
  const parts = Object.keys(record).sort().flatMap((key) => {
    const text = canonical(record[key]);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${parts.join()}}`;
}
