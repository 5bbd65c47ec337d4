import { headParameters, isDisplacementParameter } from "../irnet/network.ts";
import type { Backbone } from "../nn/backbone.ts";
import { drawArrow, drawBox, GROUNDS } from "./_diagram.ts";
import { type Box, Drawing, INK, makeFigure, MUTED } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { drawLegend } from "./_legend.ts";
import { drawTitle } from "./_panels.ts";

/**
 * IRNet with both of its branches, drawn from the network's own parameters: where the branches read the backbone, how
 * many channels each layer takes and gives, and by how much maps are enlarged (paper: IRNet Architecture).
 *
 * @param backbone The network below.
 * @param options Channels of the widest displacement layers; 256 in the paper.
 * @returns The figure.
 * @example
 * ```ts
 * import { createBackbone } from "../nn/mod.ts";
 * import { architectureFigure } from "./architecture.ts";
 * const figure = architectureFigure(createBackbone({ network: "resnet50" }), { displacementWidth: 256 });
 * ```
 */
export function architectureFigure(
  backbone: Pick<Backbone, "name" | "taps" | "parameters">,
  { displacementWidth = 256 }: { readonly displacementWidth?: number } = {},
): Figure {
  const { name, taps } = backbone, heads = headParameters(taps, displacementWidth);
  const millions = (parameters: readonly { readonly shape: readonly number[] }[]) =>
    `${
      (parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0) / 1e6).toPrecision(3)
    } million`;
  const ofDisplacement = heads.filter((parameter) => isDisplacementParameter(parameter.name));
  const ofBoundary = heads.filter((parameter) => !isDisplacementParameter(parameter.name));
  /** "1×1, 64 → 32", of the layer's filter. */
  const filterOf = (layer: string) => {
    const { shape: [output, input, side] } = heads.find((parameter) =>
      parameter.name === `${layer}.0.weight` || parameter.name === `${layer}.weight`
    )!;
    return { input: input!, output: output!, text: `${side}×${side}, ${input} → ${output}` };
  };
  const title = `IRNet on ${name}`;
  const description =
    `Two branches read ${name} (${millions(backbone.parameters)} parameters, which stay as they are) at ` +
    `${taps.length} places: one for class boundaries (${millions(ofBoundary)}), one for displacements ` +
    `(${millions(ofDisplacement)}).`;
  const drawing = new Drawing();
  const top = drawTitle(drawing, { title, subtitle: description }) + 44;
  const high = 56,
    step = 82,
    rowOf = (row: number) => top + 52 + row * step,
    middle = (row: number) => rowOf(row) + high / 2;
  const last = taps.length - 1, bottom = rowOf(last) + high;
  const heading = (text: string, x: number) =>
    drawing.text(text, { x, y: top - 18, size: 14, bold: true, anchor: "middle", fill: INK });
  const bar = (x: number, from: number, to: number, text: string) => {
    drawing.add(
      `<rect x="${x}" y="${from}" width="14" height="${to - from}" rx="4" fill="${GROUNDS.truth}" stroke="${MUTED}"/>`,
    );
    drawing.text(text, { x: x + 7, y: from - 6, size: 11, anchor: "middle", fill: MUTED });
  };
  const at = (x: number, row: number, width: number): Box => ({ x, y: rowOf(row), width, height: high });
  const enlarged = (factor: number) => factor > 1 ? `group norm, up ×${factor}, ReLU` : "group norm, ReLU";

  heading("class boundaries", 190);
  heading("backbone", 490);
  heading("displacements", 800);
  drawBox(drawing, { x: 420, y: top - 6, width: 140, height: 34 }, { title: "image", ground: "truth" });
  taps.forEach(({ channels, stride }, row) => {
    drawBox(drawing, at(420, row, 140), {
      title: `place ${row + 1}`,
      note: `${channels} channels, stride ${stride}`,
      ground: "frozen",
    });
    drawArrow(drawing, [[490, row === 0 ? top + 28 : rowOf(row - 1) + high], [490, rowOf(row)]]);

    const edge = `fc_edge${row + 1}`;
    drawBox(drawing, at(226, row, 160), {
      title: edge,
      note: `${filterOf(edge).text}, ${enlarged(stride / 4)}`,
      ground: "trained",
    });
    drawArrow(drawing, [[420, middle(row)], [386, middle(row)]]);
    drawArrow(drawing, [[226, middle(row)], [204, middle(row)]]);

    const layer = `fc_dp${row + 1}`, base = row < 2 ? 4 : 8;
    drawBox(drawing, at(594, row, 150), {
      title: layer,
      note: `${filterOf(layer).text}, ${enlarged(row < 3 ? 1 : stride / base)}`,
      ground: "trained",
    });
    drawArrow(drawing, [[560, middle(row)], [594, middle(row)]]);
    drawArrow(drawing, [[744, middle(row)], [766, middle(row)]]);
  });

  bar(190, rowOf(0), bottom, `${filterOf("fc_edge6").input}`);
  drawBox(drawing, at(20, 1, 140), {
    title: "fc_edge6",
    note: `${filterOf("fc_edge6").text}, sigmoid`,
    ground: "trained",
  });
  drawArrow(drawing, [[190, middle(1)], [160, middle(1)]]);
  drawBox(drawing, at(20, 3, 140), { title: "boundary map B", note: "1 channel, stride 4", ground: "result" });
  drawArrow(drawing, [[90, rowOf(1) + high], [90, rowOf(3)]]);

  bar(766, rowOf(2), bottom, `${filterOf("fc_dp6").input}`);
  drawBox(drawing, at(806, 3, 170), {
    title: "fc_dp6",
    note: `${filterOf("fc_dp6").text}, ${enlarged(2)}`,
    ground: "trained",
  });
  drawArrow(drawing, [[780, middle(3)], [806, middle(3)]]);
  const merged = filterOf("fc_dp7").input, joined = rowOf(1) + high + 12;
  bar(766, rowOf(0), joined, `${merged}`);
  drawArrow(drawing, [[850, rowOf(3)], [850, joined - 6], [780, joined - 6]]);
  const out = heads.find((parameter) => parameter.name === "fc_dp7.3.weight")!.shape;
  drawBox(drawing, { x: 806, y: middle(0) - high / 2, width: 170, height: high + 16 }, {
    title: "fc_dp7",
    note: `${filterOf("fc_dp7").text}, ${enlarged(1)}; 1×1, ${out[1]} → ${out[0]}; less the mean`,
    ground: "trained",
  });
  drawArrow(drawing, [[780, middle(0)], [806, middle(0)]]);
  drawBox(drawing, { x: 880, y: rowOf(1) + 26, width: 96, height: high }, {
    title: "field D",
    note: "(dy, dx), stride 4",
    ground: "result",
  });
  drawArrow(drawing, [[930, rowOf(0) + high + 8], [930, rowOf(1) + 26]]);
  drawing.height = drawLegend(drawing, [
    { kind: "ground", ground: "frozen", text: "stays as it is" },
    { kind: "ground", ground: "trained", text: "learns from pairs of pixels" },
    { kind: "ground", ground: "result", text: "result" },
    { kind: "ground", ground: "truth", text: "bars: maps side by side, with their channels" },
  ], { x: 20, y: bottom + 16, width: 960 }) + 8;
  return makeFigure({ title, description, drawing });
}
