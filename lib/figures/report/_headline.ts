import type { Metrics } from "../../evaluation/metrics.ts";
import { html, type Markup, percent } from "./_html.ts";
import type { ReferenceNumbers } from "./reference_numbers.ts";

/** The few numbers that everyone looks for first. */
export function headline(
  { classification, cam, relation, semantic, instance }: Metrics,
  reference: ReferenceNumbers | null,
): Markup {
  const tiles = [
    { name: "Classification", unit: "mAP", value: classification.map, of: classification.split },
    { name: "Class attention maps", unit: "mIoU", value: cam.miou, of: cam.split, paper: reference?.paper.cam },
    { name: "Confident foreground", unit: "precision", value: relation.fgPrecision, of: relation.split },
    {
      name: "Pseudo semantic labels",
      unit: "mIoU",
      value: semantic.miou,
      of: semantic.split,
      paper: reference?.paper.semantic,
      main: true,
    },
    {
      name: "Pseudo instance labels",
      unit: "AP50",
      value: instance.ap50,
      of: instance.split,
      paper: reference?.paper.ap50,
      main: true,
    },
  ];
  return html`<dl class="tiles">${
    tiles.map(({ name, unit, value, of, paper, main }) =>
      html`
        <div class="tile${main ? " main" : ""}">
          <dt>${name}</dt>
          <dd><strong>${percent(value)}</strong> <span>${unit}</span></dd>
          <dd class="of">on ${of}</dd>
          ${paper && html`<dd class="of paper">paper: ${paper}</dd>`}
        </div>
      `
    )
  }</dl>`;
}
