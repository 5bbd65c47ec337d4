import { hash } from "node:crypto";

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return hash("sha256", bytes, "hex");
}

/** SHA-256 of a JSON value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return sha256(JSON.stringify(value, (_, part) => isRecord(part) ? sorted(part) : part) ?? "undefined");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(record).sort().map((key) => [key, record[key]]));
}
