/** Group normalisation of the layers on `wasm`. */
import type { MapKernels } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import { addressOf, allocate, clear, tensorOf, wasmKernels, withScratch } from "./_runtime.ts";

export const groupNormKernels: Pick<MapKernels, "groupNorm" | "groupNormGradients"> = {
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
