import type { Box } from "./_drawing.ts";
import type { VectorField } from "./maps.ts";

/** Arrows of a field over a picture of `box`, `every` so many pixels of the figure; each in its true length. */
export function arrowsSvg(
  { height: rows, width: columns, data }: VectorField,
  { x: left, y: top, width, height }: Box,
  every: number,
): string {
  const across = Math.max(1, Math.round(width / every)), down = Math.max(1, Math.round(height / every));
  const paths: string[] = [];
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      const v = (j + 0.5) / down, u = (i + 0.5) / across;
      const at = Math.min(Math.floor(v * rows), rows - 1) * columns + Math.min(Math.floor(u * columns), columns - 1);
      const dy = data[at]! * height / rows, dx = data[rows * columns + at]! * width / columns;
      paths.push(arrow(top + v * height, left + u * width, { dy, dx }));
    }
  }
  const d = paths.join("");
  return `<g fill="none" stroke-linecap="round" stroke-linejoin="round">` +
    `<path d="${d}" stroke="#00141f" stroke-width="3" stroke-opacity="0.75"/>` +
    `<path d="${d}" stroke="#ffd23f" stroke-width="1.4"/></g>`;
}

/** A line with a head; a dot where there is next to no displacement. */
export function arrow(y: number, x: number, { dy, dx }: { dy: number; dx: number }): string {
  const length = Math.hypot(dy, dx), n = (value: number) => value.toFixed(1);
  if (length < 1.5) return `M${n(x)} ${n(y)}h0.1`;
  const head = Math.min(5, length / 2), uy = dy / length * head, ux = dx / length * head;
  const ty = y + dy, tx = x + dx;
  const side = (turn: number) => `${n(tx - ux + turn * uy * 0.6)} ${n(ty - uy - turn * ux * 0.6)}`;
  return `M${n(x)} ${n(y)}L${n(tx)} ${n(ty)}M${side(1)}L${n(tx)} ${n(ty)}L${side(-1)}`;
}
