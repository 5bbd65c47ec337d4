import { type Metrics, notJudged } from "../../evaluation/metrics.ts";
import { html, type Markup, percent } from "./_html.ts";
import type { ReferenceNumbers } from "./reference_numbers.ts";

/** The few numbers that everyone looks for first, and what there is none of. */
export function headline(metrics: Metrics, reference: ReferenceNumbers | null): Markup {
  const { classification, cam, relation, semantic, instance } = metrics;
  const tiles = [
    { name: "Classification", unit: "mAP", value: classification.map, of: classification },
    { name: "Class attention maps", unit: "mIoU", value: cam.miou, of: cam, paper: reference?.paper.cam },
    { name: "Confident foreground", unit: "precision", value: relation.fgPrecision, of: relation },
    {
      name: "Pseudo semantic labels",
      unit: "mIoU",
      value: semantic.miou,
      of: semantic,
      paper: reference?.paper.semantic,
      main: true,
    },
    {
      name: "Pseudo instance labels",
      unit: "AP50",
      value: instance.ap50,
      of: instance,
      paper: reference?.paper.ap50,
      main: true,
    },
  ];
  return html`<dl class="tiles">${
    tiles.filter(({ of }) => of.images > 0).map(({ name, unit, value, of, paper, main }) =>
      html`
        <div class="tile${main ? " main" : ""}">
          <dt>${name}</dt>
          <dd><strong>${percent(value)}</strong> <span>${unit}</span></dd>
          <dd class="of">on ${of.split}</dd>
          ${paper && html`<dd class="of paper">paper: ${paper}</dd>`}
        </div>
      `
    )
  }</dl>${notJudged(metrics).map((sentence) => html`<p>${sentence}.</p>`)}`;
}
