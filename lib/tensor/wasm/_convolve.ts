import { frameBytes, frameImage, type Images } from "./_frames.ts";
import { type Geometry, inputFrame } from "./_geometry.ts";
import { wasmKernels, withScratch } from "./_runtime.ts";
import { convolveTiles, suitsWinograd } from "./_winograd.ts";

/** What follows a convolution: addresses of a bias [D] and of an addend laid out as the output, 0 where there is none. */
export interface Ending {
  readonly bias?: number;
  readonly addend?: number;
  readonly activation?: "relu" | "relu6" | undefined;
}

/** Pixels that are multiplied with a panel of the filter before the next one: they should stay in the cache. */
const BLOCK_BYTES = 1 << 18;

/** Activation(convolution + bias + addend) of images with a filter [h, w, C, D]. */
export function convolve(x: number, filter: number, y: number, g: Geometry, ending: Ending = {}): void {
  if (suitsWinograd(g)) return convolveTiles(x, filter, y, g, ending);
  const kernels = wasmKernels();
  const { channels, filterHeight, filterWidth, outputHeight, outputWidth, outputChannels } = g;
  const images: Images = { address: x, ...g };
  const frame = inputFrame(g);
  const depth = filterHeight * filterWidth * channels;
  const pixel = channels * 4, outputPixel = outputChannels * 4;
  // Taps of a filter row that lie side by side make one run.
  const tapColumns = g.dilationX === 1 ? 1 : filterWidth;
  const run = filterWidth * channels / tapColumns;
  const block = Math.min(outputHeight, Math.max(1, Math.floor(BLOCK_BYTES / (outputWidth * g.strideX * pixel))));
  const { bias = 0, addend = 0 } = ending;
  const activation = ending.activation === "relu6" ? 2 : ending.activation === "relu" ? 1 : 0;

  withScratch([
    Math.ceil(outputChannels / 8) * depth * 32,
    (block * outputWidth + 5) * 8,
    frameBytes(images, frame),
  ], (packed, table, scratch) => {
    for (let tap = 0; tap < filterHeight * tapColumns; tap++) {
      const rows = filter + tap * run * outputPixel;
      kernels.pack(rows, outputPixel, 4, run, outputChannels, packed, depth, tap * run);
    }
    let listed = 0;
    for (let image = 0; image < g.batch; image++) {
      const { address, rowStep } = frameImage(images, image, frame, scratch);
      for (let row = 0; row < outputHeight; row += block) {
        const rows = Math.min(block, outputHeight - row);
        if (rows !== listed) {
          const [inputRow, outputRow] = [g.strideY * rowStep, outputWidth * outputPixel];
          kernels.listPixels(table, rows, outputWidth, inputRow, g.strideX * pixel, outputRow, outputPixel);
          listed = rows;
        }
        const offset = (image * outputHeight + row) * outputWidth * outputPixel;
        kernels.convolve(
          ...[address + row * g.strideY * rowStep, table, rows * outputWidth, packed],
          ...[filterHeight, g.dilationY * rowStep, tapColumns, g.dilationX * pixel, run, outputChannels],
          ...[bias, addend && addend + offset, activation, y + offset],
        );
      }
    }
  });
}
