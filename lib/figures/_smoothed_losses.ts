import type { TrainingLog } from "./loss_chart.ts";

/** More points than these are averaged: a chart has no more pixels. */
const MOST_POINTS = 400;

/** Losses of a training to draw, as they are and smoothed. */
export function smoothedLosses(steps: TrainingLog["steps"]): { step: number[]; loss: number[]; smooth: number[] } {
  const points = averaged(steps), loss = points.map(({ loss }) => loss);
  return { step: points.map(({ step }) => step), loss, smooth: smoothed(loss) };
}

function averaged(steps: TrainingLog["steps"]): { step: number; loss: number }[] {
  const each = Math.max(1, Math.ceil(steps.length / MOST_POINTS));
  return Array.from({ length: Math.ceil(steps.length / each) }, (_, n) => {
    const group = steps.slice(n * each, (n + 1) * each);
    return { step: group[0]!.step, loss: group.reduce((sum, { loss }) => sum + loss, 0) / group.length };
  });
}

/** Means over neighbours on both sides, a twentieth of all; fewer at the ends. */
function smoothed(values: readonly number[]): number[] {
  const reach = Math.round(values.length / 40);
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}
