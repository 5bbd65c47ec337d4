import { join } from "node:path";
import { formatPercent } from "./_format_percent.ts";
import { textTable } from "../files/terminal.ts";
import type { Comparison } from "../stages/downstream/compare.ts";

/**
 * The tables of a comparison as text, from `compare/metrics.json`.
 *
 * @param workdir The working directory of the run.
 */
export async function describeComparison(workdir: string): Promise<string> {
  return formatComparison(JSON.parse(await Deno.readTextFile(join(workdir, "compare", "metrics.json"))));
}

/**
 * The tables of a comparison as text: pseudo labels, DeepLab and Mask R-CNN, with the numbers of images judged.
 *
 * @param comparison The content of `compare/metrics.json`.
 * @returns Lines of text.
 */
export function formatComparison({ pseudoLabels, deepLab, maskRcnn }: Comparison): string {
  return [
    semanticTable(`pseudo semantic labels of ${pseudoLabels.split}`, pseudoLabels.semantic),
    instanceTable(`pseudo instances of ${pseudoLabels.instanceSplit}`, pseudoLabels.instance),
    semanticTable(`DeepLab on ${deepLab.split}, trained on`, deepLab.rows),
    instanceTable(`Mask R-CNN on ${maskRcnn.split}, trained on`, maskRcnn.rows),
  ].join("\n\n");
}

function semanticTable(title: string, rows: Comparison["deepLab"]["rows"]): string {
  return textTable([
    [title, "images", "mIoU"],
    ...Object.entries(rows).map(([name, { images, miou }]) => [name, String(images), formatPercent(miou)]),
  ], { numbers: true });
}

function instanceTable(title: string, rows: Comparison["maskRcnn"]["rows"]): string {
  const keys = [...new Set(Object.values(rows).flatMap(Object.keys))].filter((key): key is `ap${number}` =>
    /^ap\d+$/.test(key)
  );
  return textTable([
    [title, "images", ...keys.map((key) => key.toUpperCase())],
    ...Object.entries(rows).map((
      [name, row],
    ) => [name, String(row.images), ...keys.map((key) => formatPercent(row[key]))]),
  ], { numbers: true });
}
