import { frameBytes, frameImage, type Images } from "./_frames.ts";
import { type Geometry, inputFrame } from "./_geometry.ts";
import { clear, wasmKernels, withScratch } from "./_runtime.ts";
import { convolveTilesFilterGradient, suitsWinograd } from "./_winograd.ts";

/** Input and gradient of a block of rows should stay in the first-level cache while all filter tiles pass over them. */
const BLOCK_BYTES = 24 * 1024;

/** Gradient of a convolution for its filter [h, w, C, D]: for every row of taps, Σ inputᵀ · dy over all pixels. */
export function convolveFilterGradient(x: number, dy: number, dFilter: number, g: Geometry): void {
  if (suitsWinograd(g)) return convolveTilesFilterGradient(x, dy, dFilter, g);
  const kernels = wasmKernels();
  const { channels, filterHeight, filterWidth, outputHeight, outputWidth, outputChannels } = g;
  const images: Images = { address: x, ...g };
  const frame = inputFrame(g);
  const pixel = channels * 4, dyPixel = outputChannels * 4;
  // Taps of a filter row that lie side by side make one run.
  const tapColumns = g.dilationX === 1 ? 1 : filterWidth;
  const run = filterWidth * channels / tapColumns;
  const rowBytes = outputWidth * (g.strideY * g.strideX * pixel + dyPixel);
  const block = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const tileBytes = Math.ceil(run / 4) * Math.ceil(outputChannels / 8) * 128;
  const sumBytes = filterHeight * tapColumns * tileBytes;

  withScratch([sumBytes, frameBytes(images, frame)], (sums, scratch) => {
    clear(sums, sumBytes);
    for (let image = 0; image < g.batch; image++) {
      const { address, rowStep } = frameImage(images, image, frame, scratch);
      const dyRowStep = outputWidth * dyPixel;
      kernels.addProducts(
        ...[address, g.strideY * rowStep, g.strideX * pixel, dy + image * outputHeight * dyRowStep, dyRowStep, dyPixel],
        ...[outputHeight, outputWidth, block, run, outputChannels],
        ...[filterHeight, g.dilationY * rowStep, tapColumns, g.dilationX * pixel, sums],
      );
    }
    for (let tap = 0; tap < filterHeight * tapColumns; tap++) {
      kernels.readProducts(sums + tap * tileBytes, run, outputChannels, dFilter + tap * run * dyPixel);
    }
  });
}
