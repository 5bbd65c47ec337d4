import type { Geometry } from "./_geometry.ts";
import { clear, wasmKernels } from "./_runtime.ts";

/** Maxima over windows. */
export function maxPool(x: number, y: number, g: Geometry): void {
  for (let image = 0; image < g.batch; image++) {
    const { input, output } = offsets(image, g);
    wasmKernels().maxPool(x + input, g.height, g.width, g.channels, ...windowArguments(g), y + output);
  }
}

/** Gradient of {@linkcode maxPool}: of equal maxima the first one of a window gets it. */
export function maxPoolGradient({ dy, x, y, dx }: Record<"dy" | "x" | "y" | "dx", number>, g: Geometry): void {
  clear(dx, g.batch * g.height * g.width * g.channels * 4);
  for (let image = 0; image < g.batch; image++) {
    const { input, output } = offsets(image, g);
    wasmKernels().maxPoolGradient(
      ...[dy + output, x + input, y + output, g.height, g.width, g.channels],
      ...windowArguments(g),
      dx + input,
    );
  }
}

/** Gradient of averages over windows, of which only what lies inside the image counts. */
export function averagePoolGradient(dy: number, dx: number, g: Geometry): void {
  clear(dx, g.batch * g.height * g.width * g.channels * 4);
  for (let image = 0; image < g.batch; image++) {
    const { input, output } = offsets(image, g);
    wasmKernels().averagePoolGradient(dy + output, g.height, g.width, g.channels, ...windowArguments(g), dx + input);
  }
}

function windowArguments(g: Geometry): number[] {
  return [g.filterHeight, g.filterWidth, g.strideY, g.strideX, g.top, g.left, g.outputHeight, g.outputWidth];
}

function offsets(image: number, g: Geometry): { input: number; output: number } {
  const bytes = image * g.channels * 4;
  return { input: bytes * g.height * g.width, output: bytes * g.outputHeight * g.outputWidth };
}
