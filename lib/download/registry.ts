import { z } from "zod";
import builtIn from "../../data/registry.json" with { type: "json" };
import type { FileFacts } from "../files/hash.ts";
import { parseJson } from "../files/json.ts";

/** Something that can be downloaded. */
export interface RegistryEntry extends FileFacts {
  /** Name of the file. */
  readonly file: string;
  /** Addresses of it, tried in this order. */
  readonly urls: readonly string[];
  /** The requirement by which pip gets it, where pip does. */
  readonly pip?: string | undefined;
  /** The file inside it that is wanted, where it is an archive around a single one; `file` is the path in the archive. */
  readonly member?: FileFacts & { readonly file: string } | undefined;
  /** Number of files in its folders, or of ids in its lists. */
  readonly counts?: Readonly<Record<string, number>> | undefined;
  /** Its origin, as a reader looks it up. */
  readonly source: string;
  /** Its owners' words about its use. */
  readonly licence: string;
  /** Hint for those who have another file in its place. */
  readonly note: string;
}

const facts = {
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  md5: z.string().regex(/^[0-9a-f]{32}$/).optional(),
};
const name = z.string().regex(/^[\w-][\w.-]*$/);

const schema = z.record(
  z.string(),
  z.strictObject({
    file: name,
    urls: z.array(z.url({ protocol: /^https?$/ })),
    pip: z.string().regex(/^\w[\w.-]*==[\w.]+$/).optional(),
    ...facts,
    member: z.strictObject({ file: z.string().min(1), ...facts }).optional(),
    counts: z.record(name, z.number().int().nonnegative()).optional(),
    source: z.string(),
    licence: z.string(),
    note: z.string(),
  }).refine(({ urls, pip }) => urls.length > 0 || pip !== undefined, "neither addresses nor a requirement for pip"),
);

/**
 * Looks up a download.
 *
 * @param key Its key, such as `voc2012`.
 * @param path A file in the format of `data/registry.json`, instead of that one.
 * @returns The entry.
 * @throws Error naming what is wrong with the registry, or the keys it has.
 */
export async function registryEntry(key: string, path?: string): Promise<RegistryEntry> {
  const { name, value } = path === undefined
    ? { name: "data/registry.json", value: builtIn as unknown }
    : { name: path, value: parseJson(await Deno.readTextFile(path), path) };
  const result = schema.safeParse(value);
  if (!result.success) {
    const { path: place, message } = result.error.issues[0]!;
    throw new Error(`Expected a registry in ${name} but found, at ${place.join(".") || "its root"}: ${message}`);
  }
  const entry = Object.hasOwn(result.data, key) ? result.data[key] : undefined;
  if (!entry) throw new Error(`Expected one of ${Object.keys(result.data).join(", ")} in ${name} but found ${key}`);
  return entry;
}
