import { JUPYTER_DISPLAY } from "./figure.ts";
import { libraryPart } from "./_figure_page.ts";
import { page } from "./_interactive.ts";
import { show } from "./show.ts";

/**
 * Gives Plotly to the page of a notebook, about 2 MB, so that figures are interactive in any viewer, also without a
 * network and in the notebook's HTML. Without it they are where Plotly is installed, and pictures elsewhere.
 *
 * @throws Error outside of a notebook on the Deno kernel.
 */
export async function usePlotly(): Promise<void> {
  await show({ [JUPYTER_DISPLAY]: () => Promise.resolve({ "text/html": libraryPart() }) });
  page.hasPlotly = true;
}
