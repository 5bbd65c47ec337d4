import { type LabelMap, MOST_LABELS } from "../files/png.ts";
import type { ExportedInstances } from "./coco_writer.ts";

/** The two maps in which VOC stores instances. */
export interface VocLabels {
  /** Class ids: 0 background, 1…. */
  readonly classes: LabelMap;
  /** Numbers of instances: 0 background, 1… by descending score. */
  readonly objects: LabelMap;
  /** Instances that found no room: entirely below others, or beyond the 254 that a map can hold. */
  readonly lost: number;
}

/**
 * Draws instances into VOC's maps of classes and objects. Where masks overlap the higher score is on top, the earlier one on
 * ties.
 *
 * @param instances Instances of an image.
 * @throws RangeError if a class has no label id below 255.
 * @example
 * ```ts
 * import { vocLabels } from "./voc_labels.ts";
 * const instances = { height: 1, width: 3, class: [7, 2], score: [0.5, 0.9], mask: Uint8Array.of(1, 1, 0, 0, 1, 1) };
 * vocLabels(instances).classes.data; // 8 3 3
 * ```
 */
export function vocLabels({ height, width, class: classes, score, mask }: ExportedInstances): VocLabels {
  const size = height * width;
  const order = Array.from(classes, (_, n) => n).sort((a, b) => (score?.[b] ?? 0) - (score?.[a] ?? 0) || a - b);
  const classData = new Uint8Array(size), objectData = new Uint8Array(size);
  let number = 0;
  for (const n of order) {
    const label = classes[n]! + 1;
    if (!(label >= 1 && label <= MOST_LABELS)) {
      throw new RangeError(`Expected classes 0…${MOST_LABELS - 1} but found ${classes[n]}`);
    }
    if (number === MOST_LABELS) break;
    let visible = false;
    for (let i = 0; i < size; i++) {
      if (mask[n * size + i] === 0 || objectData[i] !== 0) continue;
      visible = true;
      objectData[i] = number + 1;
      classData[i] = label;
    }
    if (visible) number++;
  }
  return {
    classes: { height, width, data: classData },
    objects: { height, width, data: objectData },
    lost: classes.length - number,
  };
}
