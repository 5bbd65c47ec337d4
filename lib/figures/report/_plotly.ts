import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { Markup } from "./_html.ts";

/** Plotly's bundle, packed: the page's script unpacks it, so that it works without a network and stays small. */
export function plotlyScript(): Markup {
  const source = Deno.readFileSync(createRequire(import.meta.url).resolve("plotly.js-dist"));
  const packed = gzipSync(source, { level: 9 }).toString("base64");
  return new Markup(`<script type="text/plain" id="plotly">${packed}</script>`);
}
