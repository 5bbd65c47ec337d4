import { packedPlotly } from "../_figure_page.ts";
import { Markup } from "./_html.ts";

/** Plotly's bundle, packed: the page's script unpacks it, so that it works without a network and stays small. */
export function plotlyScript(): Markup {
  return new Markup(`<script type="text/plain" id="plotly">${packedPlotly()}</script>`);
}
