import { type Box, type Drawing, INK, LINE, MUTED } from "./_drawing.ts";

/** Values along an axis. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  /** What it measures, with its unit. */
  readonly title: string;
}

/** Turns values into places. */
export interface Axes {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Round numbers that divide a range into about `count` parts. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999)!;
  const first = Math.ceil(from / step - 1e-9), last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number as short as it can be said. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential().replace("e+", "e") : String(value);
}

/** Draws grid, numbers and titles around a box. */
export function drawAxes(
  drawing: Drawing,
  { x: left, y: top, width, height }: Box,
  { x, y }: { readonly x: Axis; readonly y: Axis },
): Axes {
  const axes: Axes = {
    x: (value) => left + (value - x.from) / (x.to - x.from) * width,
    y: (value) => top + height - (value - y.from) / (y.to - y.from) * height,
  };
  for (const value of ticks(y.from, y.to, Math.max(3, height / 55))) {
    const at = axes.y(value);
    drawing.add(`<path d="M${left} ${at.toFixed(1)}h${width}" stroke="${LINE}"/>`);
    drawing.text(tickText(value), { x: left - 8, y: at + 4, size: 12, anchor: "end", fill: MUTED });
  }
  for (const value of ticks(x.from, x.to, Math.max(3, width / 90))) {
    const at = axes.x(value);
    drawing.add(`<path d="M${at.toFixed(1)} ${top + height}v5" stroke="${MUTED}"/>`);
    drawing.text(tickText(value), { x: at, y: top + height + 19, size: 12, anchor: "middle", fill: MUTED });
  }
  drawing.add(`<path d="M${left} ${top + height}h${width}" stroke="${MUTED}"/>`);
  drawing.text(x.title, { x: left + width / 2, y: top + height + 40, size: 13, anchor: "middle", fill: INK });
  drawing.text(y.title, { x: left - 50, y: top + height / 2, size: 13, anchor: "middle", fill: INK, upwards: true });
  return axes;
}
