import {
  type Ending,
  type Frame,
  frameBytes,
  frameImage,
  type Geometry,
  type Images,
  inputFrame,
} from "./_geometry.ts";
import { clear, wasmKernels, withScratch } from "./_runtime.ts";
import { convolveTiles, convolveTilesFilterGradient, convolveTilesInputGradient, suitsWinograd } from "./_winograd.ts";

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

/**
 * Gradient of a convolution for its input: for every phase of the stride, a convolution of `dy` with those taps of the
 * filter that meet it, turned around.
 */
export function convolveInputGradient(dy: number, filter: number, dx: number, g: Geometry): void {
  if (suitsWinograd(g)) return convolveTilesInputGradient(dy, filter, dx, g);
  const kernels = wasmKernels();
  const { batch, height, width, channels, filterWidth, outputChannels } = g;
  const images: Images = { address: dy, batch, height: g.outputHeight, width: g.outputWidth, channels: outputChannels };
  const ys = phases({ size: height, filter: g.filterHeight, stride: g.strideY, dilation: g.dilationY, pad: g.top });
  const xs = phases({ size: width, filter: filterWidth, stride: g.strideX, dilation: g.dilationX, pad: g.left });
  const y = extent(ys), x = extent(xs);
  const frame: Frame = { top: y.start, left: x.start, height: y.length, width: x.length };
  const pixel = channels * 4, dyPixel = outputChannels * 4;

  const all = ys.flatMap((y) => xs.map((x) => ({ y, x, taps: y.taps.length * x.taps.length })));
  const met = all.filter(({ taps }) => taps > 0);
  if (met.length < all.length) clear(dx, batch * height * width * pixel);
  const panels = Math.ceil(channels / 8) * outputChannels * 32;
  const sizes = met.flatMap(({ y, x, taps }) => [panels * taps, (y.count * x.count + 5) * 8]);

  withScratch([frameBytes(images, frame), ...sizes], (scratch, ...memory) => {
    const first = frameImage(images, 0, frame, scratch);
    met.forEach(({ y, x, taps }, phase) => {
      const [packed, table] = memory.slice(2 * phase) as [number, number];
      const depth = taps * outputChannels;
      y.taps.forEach((ky, j) =>
        x.taps.forEach((kx, i) => {
          const tap = filter + (ky * filterWidth + kx) * channels * dyPixel;
          const before = (j * x.taps.length + i) * outputChannels;
          kernels.pack(tap, 4, dyPixel, outputChannels, channels, packed, depth, before);
        })
      );
      const { rowStep } = first;
      kernels.listPixels(table, y.count, x.count, rowStep, dyPixel, g.strideY * width * pixel, g.strideX * pixel);
    });
    for (let image = 0; image < batch; image++) {
      const { address, rowStep } = image === 0 ? first : frameImage(images, image, frame, scratch);
      met.forEach(({ y, x }, phase) => {
        const [packed, table] = memory.slice(2 * phase) as [number, number];
        const joined = joinsTaps(x, outputChannels);
        const input = address + (y.start - frame.top) * rowStep + (x.start - frame.left) * dyPixel;
        kernels.convolve(
          ...[input, table, y.count * x.count, packed, y.taps.length, y.spacing * rowStep],
          ...(joined
            ? [1, x.spacing * dyPixel, x.taps.length * outputChannels]
            : [x.taps.length, x.spacing * dyPixel, outputChannels]),
          ...[channels, 0, 0, 0, dx + ((image * height + y.phase) * width + x.phase) * pixel],
        );
      });
    }
  });
}

/** Along one axis: the inputs phase, phase + stride, … and the outputs whose windows meet them. */
interface Phase {
  readonly phase: number;
  /** Number of inputs. */
  readonly count: number;
  /** Places in the filter, in the order in which outputs follow each other. */
  readonly taps: readonly number[];
  /** Output that meets the first input with the first tap; may be negative. */
  readonly start: number;
  /** Outputs from one tap to the next. */
  readonly spacing: number;
}

function phases(
  { size, filter, stride, dilation, pad }: Record<"size" | "filter" | "stride" | "dilation" | "pad", number>,
): Phase[] {
  if (stride > 1 && dilation > 1) {
    throw new RangeError(`Expected stride or dilation to be 1 but found ${stride} and ${dilation}`);
  }
  const spacing = stride > 1 ? 1 : dilation;
  return Array.from({ length: Math.min(stride, size) }, (_, phase) => {
    const remainder = (phase + pad) % stride;
    const taps: number[] = [];
    for (let tap = remainder; tap < filter; tap += stride) taps.unshift(tap);
    const start = (phase + pad - remainder) / stride - (taps.length - 1) * spacing;
    return { phase, count: Math.ceil((size - phase) / stride), taps, start, spacing };
  });
}

/** First output that any phase meets, and how many there are up to the last one. */
function extent(phases: readonly Phase[]): { start: number; length: number } {
  const met = phases.filter(({ taps }) => taps.length > 0);
  const start = Math.min(...met.map((phase) => phase.start));
  const end = Math.max(...met.map(({ start, count, taps, spacing }) => start + count + (taps.length - 1) * spacing));
  return { start, length: end - start };
}

/** Whether taps of a filter row lie side by side, and in whole groups of four channels, so that they make one run. */
function joinsTaps({ spacing }: Phase, channels: number): boolean {
  return spacing === 1 && channels % 4 === 0;
}

/** Input and gradient of a block of rows should stay in the first-level cache while all filter tiles pass over them. */
const PRODUCT_BYTES = 24 * 1024;

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
  const block = Math.max(1, Math.floor(PRODUCT_BYTES / rowBytes));
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

/** Gradient of a depthwise convolution with one output a channel for its filter [h, w, C, 1]. */
export function depthwiseFilterGradient(x: number, dy: number, dFilter: number, g: Geometry): void {
  const kernels = wasmKernels();
  const images: Images = { address: x, ...g };
  const frame = inputFrame(g);
  const pixel = g.channels * 4;
  clear(dFilter, g.filterHeight * g.filterWidth * pixel);
  withScratch([frameBytes(images, frame)], (scratch) => {
    for (let image = 0; image < g.batch; image++) {
      const { address, rowStep } = frameImage(images, image, frame, scratch);
      const dyImage = dy + image * g.outputHeight * g.outputWidth * pixel;
      kernels.addDepthwiseProducts(
        ...[address, g.strideY * rowStep, g.strideX * pixel, dyImage, g.outputHeight, g.outputWidth, g.channels],
        ...[g.filterHeight, g.dilationY * rowStep, g.filterWidth, g.dilationX * pixel, dFilter],
      );
    }
  });
}

/** Gradient of a depthwise convolution with one output a channel for its input. */
export function depthwiseInputGradient(dy: number, filter: number, dx: number, g: Geometry): void {
  const kernels = wasmKernels();
  const { top, left, height, width } = inputFrame(g);
  const pixel = g.channels * 4, rowStep = width * pixel;
  clear(dx, g.batch * g.height * g.width * pixel);
  withScratch([height * rowStep], (framed) => {
    for (let image = 0; image < g.batch; image++) {
      clear(framed, height * rowStep);
      kernels.addDepthwiseInput(
        ...[dy + image * g.outputHeight * g.outputWidth * pixel, g.outputHeight, g.outputWidth, g.channels, filter],
        ...[g.filterHeight, g.dilationY * rowStep, g.filterWidth, g.dilationX * pixel],
        ...[framed, g.strideY * rowStep, g.strideX * pixel],
      );
      const dxImage = dx + image * g.height * g.width * pixel;
      kernels.copyWindowBack(dxImage, g.height, g.width, pixel, framed, top, left, height, width);
    }
  });
}
