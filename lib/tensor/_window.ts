/** Where the window of a convolution or pool stands: filter size, stride, and padding resolved to numbers. */

/** Rows and columns added around a map: top, bottom, left, right. */
type Padding = readonly [top: number, bottom: number, left: number, right: number];

/** A window that slides over a map [B, H, W, C]. */
export interface Window {
  /** Height and width of the window. */
  readonly size: readonly [number, number];
  readonly stride: number;
  readonly padding: Padding;
}

/** Padding as users write it. */
export type PaddingOption =
  | "same"
  | "valid"
  | number
  | readonly [readonly [top: number, bottom: number], readonly [left: number, right: number]];

/**
 * Resolves padding for a map of the given height and width.
 *
 * @throws RangeError if the window does not fit into the padded map.
 */
export function resolveWindow(
  [height, width]: readonly [number, number],
  { size, stride, padding }: { size: readonly [number, number]; stride: number; padding: PaddingOption },
): Window {
  const [top, bottom, left, right] = resolvePadding([height, width], { size, stride, padding });
  if (size[0] > height + top + bottom || size[1] > width + left + right) {
    throw new RangeError(
      `Expected a map of at least ${size[0]}×${size[1]} with its padding but found ` +
        `${height + top + bottom}×${width + left + right}`,
    );
  }
  return { size, stride, padding: [top, bottom, left, right] };
}

function resolvePadding(
  map: readonly [number, number],
  { size, stride, padding }: { size: readonly [number, number]; stride: number; padding: PaddingOption },
): Padding {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") return [...samePadding(map[0], size[0], stride), ...samePadding(map[1], size[1], stride)];
  if (typeof padding === "number") return [padding, padding, padding, padding];
  return [...padding[0], ...padding[1]];
}

/** TensorFlow's rule: ⌈n / stride⌉ outputs, the odd row of padding at the end. */
function samePadding(length: number, size: number, stride: number): [before: number, after: number] {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + size - length, 0);
  return [total >> 1, total - (total >> 1)];
}

/** Whether the window's padding is what TensorFlow's `SAME` would be on this map. */
export function isSame([height, width]: readonly [number, number], { size, stride, padding }: Window): boolean {
  const same = resolvePadding([height, width], { size, stride, padding: "same" });
  return same.every((value, side) => value === padding[side]);
}

/** Whether the window moves on the bare map. */
export function isValid({ padding }: Window): boolean {
  return padding.every((value) => value === 0);
}

/** The window on a map that has its padding already. */
export function withoutPadding(window: Window): Window {
  return { ...window, padding: [0, 0, 0, 0] };
}

/** Whether every output sees just one pixel, so that the convolution is a product of those that are met. */
export function isOneByOne(window: Window): boolean {
  return window.size[0] === 1 && window.size[1] === 1 && isValid(window);
}

/** Whether every output sees just the pixel at its place: the convolution is a plain product. */
export function isPointwise(window: Window): boolean {
  return isOneByOne(window) && window.stride === 1;
}

/** Height and width of what a window makes of a map. */
export function outputSize([height, width]: readonly [number, number], window: Window): [number, number] {
  const { size, stride, padding: [top, bottom, left, right] } = window;
  return [
    Math.floor((height + top + bottom - size[0]) / stride) + 1,
    Math.floor((width + left + right - size[1]) / stride) + 1,
  ];
}
