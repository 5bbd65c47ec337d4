import { join } from "node:path";
import type { Chart } from "../figures/chart.ts";
import { readFileIfExists } from "../files/disk.ts";
import type { Permissions } from "./command.ts";

/** The program that opens an address in the user's browser, and what comes before the address; `null`: unknown. */
const BROWSER_OPENER: readonly [string, ...string[]] | null = openerOf(Deno.build.os);

function openerOf(system: typeof Deno.build.os): readonly [string, ...string[]] | null {
  if (system === "darwin") return ["open"];
  if (system === "windows") return ["cmd", "/c", "start"];
  return system === "linux" || system.endsWith("bsd") ? ["xdg-open"] : null;
}

/** Permissions of the viewer of curves: to be served on this machine, and a browser to be opened. */
export const VIEWER: Permissions = {
  net: ["localhost", "127.0.0.1", "0.0.0.0", "[::]"],
  run: BROWSER_OPENER?.slice(0, 1) ?? [],
  env: "all",
};
/**
 * Shows the curves of a run in nodeplotlib's viewer, in a browser window where one can be opened, and waits until the
 * page is closed. Curves are a kindness: where they cannot be shown, a warning says why.
 *
 * @param workdir The working directory of the run.
 */
export async function showCurves(workdir: string): Promise<void> {
  try {
    const charts = await readCurves(join(workdir, "evaluation", "curves.json"));
    const { showCharts } = await import("../figures/show_charts.ts");
    const { address, closed } = await showCharts(charts, { open: openWindow });
    console.error(`Curves: ${address} (Ctrl+C, or closing the page, ends this)`);
    await closed;
  } catch (error) {
    console.error(`Warning: the curves cannot be shown (${(error as Error).message}); they are in the report too`);
  }
}

async function readCurves(file: string): Promise<Chart[]> {
  const bytes = await readFileIfExists(file);
  if (!bytes) throw new Error(`Expected curves in ${file} but found none; run: stage evaluation --force`);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Opens a browser window, or does nothing where this is not allowed or there is none. */
function openWindow(address: string): void {
  const [program, ...args] = BROWSER_OPENER ?? [];
  if (!program || Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") return;
  try {
    new Deno.Command(program, { args: [...args, address], stdout: "null", stderr: "null" }).spawn().unref();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
