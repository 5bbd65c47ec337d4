import metadata from "../../deno.json" with { type: "json" };

/** Version of this library. */
export const VERSION: string = metadata.version;
