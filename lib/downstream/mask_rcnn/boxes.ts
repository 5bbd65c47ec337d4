/** Boxes of objects, [N, 4] f32: left, top, right, bottom in pixels; one covers (right − left) · (bottom − top) pixels. */
export type Boxes = Float32Array;

/** Works out the IoU of box `i` of one list and box `j` of another; 0 where both are empty. */
export function boxIou(a: Boxes, i: number, { boxes: b, index: j }: { boxes: Boxes; index: number }): number {
  const width = Math.min(a[4 * i + 2]!, b[4 * j + 2]!) - Math.max(a[4 * i]!, b[4 * j]!);
  const height = Math.min(a[4 * i + 3]!, b[4 * j + 3]!) - Math.max(a[4 * i + 1]!, b[4 * j + 1]!);
  if (!(width > 0 && height > 0)) return 0;
  const common = width * height;
  return common / (boxArea(a, i) + boxArea(b, j) - common);
}

/** Moves corners that lie outside of an image to its border, in place. */
export function clipBoxes(boxes: Boxes, { height, width }: { height: number; width: number }): Boxes {
  for (let i = 0; i < boxes.length; i += 2) {
    boxes[i] = Math.min(Math.max(boxes[i]!, 0), width);
    boxes[i + 1] = Math.min(Math.max(boxes[i + 1]!, 0), height);
  }
  return boxes;
}

/** Finds the box around the pixels of a mask [H, W] that are not zero; `null` if there are none. */
export function maskBox(mask: Uint8Array, width: number): [number, number, number, number] | null {
  let left = width, right = 0, top = -1, bottom = 0;
  for (let y = 0, from = 0; from < mask.length; y++, from += width) {
    for (let x = 0; x < width; x++) {
      if (!mask[from + x]) continue;
      if (top < 0) top = y;
      bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
  }
  return top < 0 ? null : [left, top, right, bottom];
}

/** Picks some of the boxes, in this order. */
export function pickBoxes(boxes: Boxes, indices: readonly number[]): Boxes {
  const picked = new Float32Array(4 * indices.length);
  indices.forEach((index, i) => picked.set(boxes.subarray(4 * index, 4 * index + 4), 4 * i));
  return picked;
}

/** Joins two lists, one behind another. */
export function joinBoxes(first: Boxes, second: Boxes): Boxes {
  const joined = new Float32Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

function boxArea(boxes: Boxes, i: number): number {
  return (boxes[4 * i + 2]! - boxes[4 * i]!) * (boxes[4 * i + 3]! - boxes[4 * i + 1]!);
}

/** Options of {@linkcode suppress}. */
export interface SuppressionOptions {
  /** [N] scores; of equal ones the first box is the better. */
  readonly scores: ArrayLike<number>;
  /** Boxes that overlap a better one by more are left out. */
  readonly iou: number;
  /** [N] Boxes of different groups leave each other alone. Absent: one group. */
  readonly groups?: ArrayLike<number>;
  /** Number of boxes to keep. Default: all. */
  readonly most?: number;
}

/**
 * Leaves out boxes that overlap a better one (non-maximum suppression).
 *
 * @param boxes [N, 4].
 * @param options Scores, threshold and groups.
 * @returns Indices of the boxes that stay, best first.
 */
export function suppress(boxes: Boxes, { scores, iou, groups, most = Infinity }: SuppressionOptions): number[] {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  const rivals = new Map<number, number[]>(); // kept boxes by group
  for (const i of order) {
    if (kept.length >= most) break;
    const group = groups?.[i] ?? 0;
    const better = rivals.get(group) ?? [];
    if (better.some((k) => boxIou(boxes, i, { boxes, index: k }) > iou)) continue;
    better.push(i);
    rivals.set(group, better);
    kept.push(i);
  }
  return kept;
}
