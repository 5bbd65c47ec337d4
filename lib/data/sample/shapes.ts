/**
 * The silhouettes of the sample data set as signed distances: negative inside, positive outside.
 * Coordinates are local to an object: (0, 0) its centre, y downwards, 1 its half size.
 * @module
 */

/** A signed distance at (x, y). */
export type Shape = (x: number, y: number) => number;

/** Faster than `Math.hypot()`, whose care for huge and tiny numbers nothing here needs. */
const length = (x: number, y: number) => Math.sqrt(x * x + y * y);

/** A disc of radius 1 stretched to half axes `rx` and `ry`; distances are exact on the outline only. */
export function ellipse(cx: number, cy: number, rx: number, ry: number): Shape {
  const least = Math.min(rx, ry);
  return (x, y) => (length((x - cx) / rx, (y - cy) / ry) - 1) * least;
}

/** A rectangle with half sides `hx` and `hy`, its corners rounded. */
export function box(cx: number, cy: number, hx: number, hy: number, rounding: number): Shape {
  return (x, y) => {
    const dx = Math.abs(x - cx) - hx + rounding, dy = Math.abs(y - cy) - hy + rounding;
    return length(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - rounding;
  };
}

/** A polygon, grown outwards by `rounding`. */
export function polygon(corners: readonly (readonly [number, number])[], rounding: number): Shape {
  return (x, y) => {
    let nearest = Infinity, inside = false;
    for (let i = 0; i < corners.length; i++) {
      const [ax, ay] = corners[i]!, [bx, by] = corners[(i + 1) % corners.length]!;
      const ex = bx - ax, ey = by - ay, px = x - ax, py = y - ay;
      const along = Math.min(1, Math.max(0, (px * ex + py * ey) / (ex * ex + ey * ey)));
      nearest = Math.min(nearest, length(px - along * ex, py - along * ey));
      if (ay > y !== by > y && px < (ex * py) / ey) inside = !inside;
    }
    return (inside ? -nearest : nearest) - rounding;
  };
}

/** Whatever either shape covers. */
export function union(...shapes: readonly Shape[]): Shape {
  return (x, y) => {
    let least = Infinity;
    for (const shape of shapes) least = Math.min(least, shape(x, y));
    return least;
  };
}

/** Bodies of the four classes, in the order of their ids. */
export const BODIES: readonly { readonly name: string; readonly body: Shape; readonly headY: number }[] = [
  { name: "round", body: ellipse(0, 0.14, 0.76, 0.68), headY: -0.62 },
  { name: "cross", body: union(box(0, 0.14, 0.5, 0.6, 0.12), box(0, 0.08, 0.96, 0.19, 0.15)), headY: -0.6 },
  { name: "triangle", body: polygon([[0, -0.6], [0.74, 0.66], [-0.74, 0.66]], 0.12), headY: -0.6 },
  { name: "diamond", body: polygon([[0, -0.56], [0.74, 0.12], [0, 0.78], [-0.74, 0.12]], 0.08), headY: -0.62 },
];
