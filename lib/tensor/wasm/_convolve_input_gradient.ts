import { frameBytes, frameImage, type Images } from "./_frames.ts";
import type { Frame, Geometry } from "./_geometry.ts";
import { clear, wasmKernels, withScratch } from "./_runtime.ts";
import { convolveTilesInputGradient, suitsWinograd } from "./_winograd.ts";

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
