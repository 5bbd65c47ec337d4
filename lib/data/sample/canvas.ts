/**
 * Tools to paint the sample data set: a canvas, colours, and silhouettes as signed distances.
 * @module
 */
import type { RgbImage } from "../image.ts";
import type { Random } from "../random.ts";

/** A square image in linear steps of 0 to 1 while it is being painted. */
export class Canvas {
  /** [side, side, 3] values. */
  readonly data: Float64Array;

  constructor(readonly side: number) {
    this.data = new Float64Array(side * side * 3);
  }

  /** Lays a colour over a pixel; coverage of 0 to 1. */
  blend(pixel: number, [red, green, blue]: Colour, coverage: number): void {
    const at = pixel * 3;
    this.data[at]! += (red - this.data[at]!) * coverage;
    this.data[at + 1]! += (green - this.data[at + 1]!) * coverage;
    this.data[at + 2]! += (blue - this.data[at + 2]!) * coverage;
  }

  /** The image in 8 bits, with pixel noise of a standard deviation in units of full white. */
  develop(noise: number, draw: Random): RgbImage {
    const data = new Uint8ClampedArray(this.data.length);
    for (let i = 0; i < data.length; i++) data[i] = 255 * (this.data[i]! + noise * gauss(draw));
    return { width: this.side, height: this.side, data: new Uint8Array(data.buffer) };
  }
}

/** A draw from a distribution like the normal one, of standard deviation 1: a sum of four uniform draws. */
function gauss(draw: Random): number {
  return (draw() + draw() + draw() + draw() - 2) * Math.sqrt(3);
}

/** A smooth random field of about −1 to 1: random values on a grid with `cell` pixels spacing, joined smoothly. */
export function smoothNoise(side: number, cell: number, draw: Random): (x: number, y: number) => number {
  const n = Math.ceil(side / cell) + 2;
  const grid = Float64Array.from({ length: n * n }, () => 2 * draw() - 1);
  const ease = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    const gx = Math.floor(x / cell), gy = Math.floor(y / cell);
    const fx = ease(x / cell - gx), fy = ease(y / cell - gy), at = gy * n + gx;
    const top = grid[at]! + (grid[at + 1]! - grid[at]!) * fx;
    const bottom = grid[at + n]! + (grid[at + n + 1]! - grid[at + n]!) * fx;
    return top + (bottom - top) * fy;
  };
}

/** Red, green, blue in 0 to 1. */
export type Colour = readonly [number, number, number];

/** Hue (1 is a full turn, any number wraps), saturation and value of 0 to 1 as red, green, blue. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + (hue - Math.floor(hue)) * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

/**
 * A signed distance at (x, y): negative inside, positive outside. Coordinates are local to an object: (0, 0) its
 * centre, y downwards, 1 its half size.
 */
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
function polygon(corners: readonly (readonly [number, number])[], rounding: number): Shape {
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
