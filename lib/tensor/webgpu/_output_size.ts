import type { Window } from "../_window.ts";

/** Height and width of what a window makes of a map. */
export function outputSize([height, width]: readonly [number, number], window: Window): [number, number] {
  const { size, stride, padding: [top, bottom, left, right] } = window;
  return [
    Math.floor((height + top + bottom - size[0]) / stride) + 1,
    Math.floor((width + left + right - size[1]) / stride) + 1,
  ];
}
