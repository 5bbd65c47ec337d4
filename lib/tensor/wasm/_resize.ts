/** Bilinear resizing of the layers on `wasm`. */
import type { MapKernels } from "../_kernels.ts";
import { addressOf, allocate, clear, tensorOf, wasmKernels, withScratch } from "./_runtime.ts";

export const resizeKernels: Pick<MapKernels, "resize" | "resizeGradient"> = {
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
