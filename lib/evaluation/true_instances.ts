import type { LabelMap } from "../data/image.ts";
import { expectSameSize } from "./_same_size.ts";
import type { InstanceMasks } from "./match_instances.ts";

/**
 * The true instances of an image in the order of their ids.
 *
 * @param objects Instance ids; 0 is background, 255 void.
 * @param classes Class ids 1…; the class of an instance is the smallest inside it, 0 and 255 left out.
 * @throws RangeError if the sizes differ.
 * @throws Error if an instance holds no class.
 */
export function trueInstances(objects: LabelMap, classes: LabelMap): InstanceMasks {
  expectSameSize(objects, classes);
  const { height, width } = objects;
  const smallest = new Map<number, number>();
  for (let i = 0; i < objects.data.length; i++) {
    const id = objects.data[i]!;
    if (id === 0 || id === 255) continue;
    const label = classes.data[i]! || 255;
    smallest.set(id, Math.min(smallest.get(id) ?? 255, label));
  }
  const ids = [...smallest.keys()].sort((a, b) => a - b);
  const bare = ids.find((id) => smallest.get(id) === 255);
  if (bare !== undefined) throw new Error(`Expected a class inside instance ${bare} but found background or void only`);

  const mask = new Uint8Array(ids.length * objects.data.length);
  ids.forEach((id, n) => {
    const at = n * objects.data.length;
    for (let i = 0; i < objects.data.length; i++) if (objects.data[i] === id) mask[at + i] = 1;
  });
  return { height, width, class: Int32Array.from(ids, (id) => smallest.get(id)! - 1), mask };
}
