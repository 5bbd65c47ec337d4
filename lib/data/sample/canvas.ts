import type { RgbImage } from "../image.ts";
import type { Random } from "../random.ts";
import type { Colour } from "./colour.ts";

/** A square picture in linear steps of 0 to 1 while it is being painted. */
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

  /** The picture in 8 bits, with pixel noise of a deviation in units of full white. */
  develop(noise: number, draw: Random): RgbImage {
    const data = new Uint8ClampedArray(this.data.length);
    for (let i = 0; i < data.length; i++) data[i] = 255 * (this.data[i]! + noise * gauss(draw));
    return { width: this.side, height: this.side, data: new Uint8Array(data.buffer) };
  }
}

/** A draw from a distribution like the normal one, of deviation 1: a sum of four uniform draws. */
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
