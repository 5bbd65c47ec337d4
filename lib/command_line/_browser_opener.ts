/** The program that opens an address in the user's browser, and what comes before the address; `null`: unknown. */
export const BROWSER_OPENER: readonly [string, ...string[]] | null = openerOf(Deno.build.os);

function openerOf(system: typeof Deno.build.os): readonly [string, ...string[]] | null {
  if (system === "darwin") return ["open"];
  if (system === "windows") return ["cmd", "/c", "start"];
  return system === "linux" || system.endsWith("bsd") ? ["xdg-open"] : null;
}
