/** Group normalisation of the layers on `wasm`. */
/** Bilinear resizing of the layers on `wasm`. */
import type { Kernels } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import type { Geometry } from "./_geometry.ts";
import { addressOf, allocate, clear, tensorOf, wasmKernels, withScratch } from "./_runtime.ts";

export const groupNormKernels: Pick<Kernels, "groupNorm" | "groupNormGradients"> = {
  groupNorm(x, { groups, scale, offset, epsilon, activation }) {
    const [batch, height, width, channels] = x.shape;
    const [image, row] = [height * width * channels * 4, channels * 4];
    const y = allocate(x.shape);
    const statistics = allocate([2, batch, channels]); // mean and rate
    const relu = activation ? 1 : 0;
    withScratch([2 * alignedRow(channels)], (affine) => {
      for (let i = 0; i < batch; i++) {
        const mean = addressOf(statistics) + i * row;
        wasmKernels().groupNorm(
          ...[addressOf(x) + i * image, height * width, channels, groups, addressOf(scale), addressOf(offset)],
          ...[epsilon, relu, mean, mean + batch * row, affine, addressOf(y) + i * image],
        );
      }
    });
    return { y: tensorOf(y), saved: [x, tensorOf(statistics), scale, offset] };
  },

  groupNormGradients(dy, [x, statistics, scale, offset], { groups, activation, share }) {
    const [batch, height, width, channels] = dy.shape;
    const [image, row] = [height * width * channels * 4, channels * 4];
    const relu = activation ? 1 : 0;
    const sums = share(tensorOf(allocate([2, batch, channels]))); // of the gradient, and times the normalised value

    withScratch([2 * alignedRow(channels)], (affine) => {
      for (let i = 0; i < batch; i++) {
        const mean = addressOf(statistics!) + i * row, sum = addressOf(sums) + i * row;
        wasmKernels().groupNormSums(
          ...[addressOf(dy) + i * image, addressOf(x!) + i * image, height * width, channels],
          ...[addressOf(scale!), addressOf(offset!), relu, mean, mean + batch * row, affine, sum, sum + batch * row],
        );
      }
    });

    return {
      x() {
        const dx = allocate(dy.shape);
        withScratch([2 * alignedRow(channels), 2 * alignedRow(channels)], (affine, means) => {
          clear(means, 2 * alignedRow(channels));
          for (let i = 0; i < batch; i++) {
            const mean = addressOf(statistics!) + i * row, sum = addressOf(sums) + i * row;
            wasmKernels().groupNormGradient(
              ...[addressOf(dy) + i * image, addressOf(x!) + i * image, height * width, channels, groups],
              ...[addressOf(scale!), addressOf(offset!), relu, mean, mean + batch * row, affine],
              ...[sum, sum + batch * row, means, addressOf(dx) + i * image],
            );
          }
        });
        return tensorOf(dx);
      },
      scale: () => sumImages(addressOf(sums) + batch * row, batch, channels),
      offset: () => sumImages(addressOf(sums), batch, channels),
    };
  },
};

function sumImages(sums: number, batch: number, channels: number): tf.Tensor {
  const total = allocate([channels]);
  wasmKernels().sumRows(sums, batch, channels, addressOf(total));
  return tensorOf(total);
}

/** Bytes of a row of channels, up to whole groups of four. */
function alignedRow(channels: number): number {
  return Math.ceil(channels / 4) * 16;
}

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

export const resizeKernels: Pick<Kernels, "resize" | "resizeGradient"> = {
  resize(x, [newHeight, newWidth]) {
    const [batch, height, width, channels] = x.shape;
    const y = allocate([batch, newHeight, newWidth, channels]);
    withScratch([width * channels * 4], (row) => {
      for (let i = 0; i < batch; i++) {
        const image = addressOf(x) + i * height * width * channels * 4;
        const output = addressOf(y) + i * newHeight * newWidth * channels * 4;
        wasmKernels().resize(image, height, width, channels, newHeight, newWidth, row, output);
      }
    });
    return tensorOf(y);
  },

  resizeGradient(dy, shape) {
    const [batch, newHeight, newWidth, channels] = dy.shape;
    const [, height, width] = shape;
    const dx = allocate(shape);
    const bytes = height * width * channels * 4;
    clear(addressOf(dx), batch * bytes);
    withScratch([width * channels * 4], (row) => {
      for (let i = 0; i < batch; i++) {
        const gradient = addressOf(dy) + i * newHeight * newWidth * channels * 4;
        const image = addressOf(dx) + i * bytes;
        wasmKernels().resizeGradient(gradient, newHeight, newWidth, channels, height, width, row, image);
      }
    });
    return tensorOf(dx);
  },
};
