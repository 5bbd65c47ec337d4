/**
 * 3×3 convolutions with stride 1 by Winograd's minimal filtering: 2.25 times fewer products, and sums of about the same
 * accuracy. `winograd.as.ts` has the formulas.
 */
import { type Ending, frameBytes, frameImage, type Geometry, type Images } from "./_geometry.ts";
import { clear, wasmKernels, withScratch } from "./_runtime.ts";

/** Planes of a transformed tile. */
const PLANES = 16;
/** Transformed tiles that are multiplied before the next ones should stay in the second-level cache. */
const BLOCK_BYTES = 1 << 19;
/** As much of one plane, and of its gradient, should stay in the first-level cache. */
const PLANE_BYTES = 24 * 1024;

/** Whether it is faster: with few channels or pixels the transforms take longer than they save. */
export function suitsWinograd(g: Geometry): boolean {
  return g.filterHeight === 3 && g.filterWidth === 3 && g.strideY === 1 && g.strideX === 1 &&
    g.dilationY === 1 && g.dilationX === 1 && isWide(g.channels) && isWide(g.outputChannels) &&
    g.outputHeight * g.outputWidth >= 64;
}

function isWide(channels: number): boolean {
  return channels >= 16 && channels % 4 === 0;
}

/** Activation(convolution + bias + addend). */
export function convolveTiles(x: number, filter: number, y: number, g: Geometry, ending: Ending): void {
  const { channels, outputChannels } = g;
  filterTiles(x, y, g, ending, (planes, packed) => {
    const kernels = wasmKernels(), plane = channels * outputChannels * 4;
    kernels.transformFilters(filter, channels * outputChannels, planes);
    for (let i = 0; i < PLANES; i++) {
      const to = packed + i * packedBytes(g);
      kernels.pack(planes + i * plane, outputChannels * 4, 4, channels, outputChannels, to, channels, 0);
    }
  });
}

/** Gradient of the convolution for its input: a convolution of `dy` with the filter turned around. */
export function convolveTilesInputGradient(dy: number, filter: number, dx: number, g: Geometry): void {
  const { channels, outputChannels } = g;
  const turned: Geometry = {
    ...g,
    height: g.outputHeight,
    width: g.outputWidth,
    channels: outputChannels,
    outputHeight: g.height,
    outputWidth: g.width,
    outputChannels: channels,
    top: 2 - g.top,
    left: 2 - g.left,
  };
  filterTiles(dy, dx, turned, {}, (planes, packed) => {
    const kernels = wasmKernels(), plane = channels * outputChannels * 4;
    kernels.transformFilters(filter, channels * outputChannels, planes);
    for (let i = 0; i < PLANES; i++) {
      // Turning g around swaps the first and the last row of G g Gᵀ, and its first and last column.
      const from = planes + (4 * turnedRow(i >> 2) + turnedRow(i & 3)) * plane, to = packed + i * packedBytes(turned);
      kernels.pack(from, 4, outputChannels * 4, outputChannels, channels, to, outputChannels, 0);
    }
  });
}

function turnedRow(row: number): number {
  return row === 0 ? 3 : row === 3 ? 0 : row;
}

/** Size of the packed filters of one plane. */
function packedBytes({ channels, outputChannels }: Geometry): number {
  return Math.ceil(outputChannels / 8) * channels * 32;
}

function filterTiles(
  x: number,
  y: number,
  g: Geometry,
  { bias = 0, addend = 0, activation }: Ending,
  packFilters: (planes: number, packed: number) => void,
): void {
  const kernels = wasmKernels();
  const { channels, outputChannels, outputHeight, outputWidth } = g;
  const { across, tiles, images, frame } = tiling(x, g);
  const pixel = channels * 4, outputPixel = outputChannels * 4;
  // The kernel takes six at a time.
  const block = Math.min(tiles, Math.max(6, Math.floor(BLOCK_BYTES / (PLANES * (pixel + outputPixel)) / 6) * 6));
  const plane = block * pixel, outputPlane = block * outputPixel;
  const relu = activation === "relu6" ? 2 : activation === "relu" ? 1 : 0;

  withScratch([
    PLANES * packedBytes(g),
    PLANES * Math.max(plane + outputPlane, channels * outputPixel),
    (block + 5) * 8,
    frameBytes(images, frame),
  ], (packed, planes, table, scratch) => {
    packFilters(planes, packed);
    const outputPlanes = planes + PLANES * plane;
    kernels.listPixels(table, 1, block, 0, pixel, 0, outputPixel);
    for (let image = 0; image < g.batch; image++) {
      const { address, rowStep } = frameImage(images, image, frame, scratch);
      const offset = image * outputHeight * outputWidth * outputPixel;
      for (let first = 0; first < tiles; first += block) {
        const count = Math.min(block, tiles - first);
        kernels.transformInputs(address, rowStep, channels, across, first, count, planes, plane);
        for (let i = 0; i < PLANES; i++) {
          kernels.convolve(
            ...[planes + i * plane, table, count, packed + i * packedBytes(g), 1, 0, 1, 0, channels, outputChannels],
            ...[0, 0, 0, outputPlanes + i * outputPlane],
          );
        }
        kernels.transformProducts(
          ...[outputPlanes, outputPlane, outputChannels, across, first, count],
          ...[bias, addend && addend + offset, relu, y + offset, outputHeight, outputWidth],
        );
      }
    }
  });
}

/** Gradient of the convolution for its filter. */
export function convolveTilesFilterGradient(x: number, dy: number, dFilter: number, g: Geometry): void {
  const kernels = wasmKernels();
  const { batch, channels, outputChannels } = g;
  const { across, tiles, images, frame } = tiling(x, g);
  const dyImages = { address: dy, batch, height: g.outputHeight, width: g.outputWidth, channels: outputChannels };
  const dyFrame = { top: 0, left: 0, height: frame.height - 2, width: frame.width - 2 };
  const pixel = channels * 4, dyPixel = outputChannels * 4;
  const block = Math.min(tiles, Math.max(8, Math.floor(PLANE_BYTES / (pixel + dyPixel))));
  const plane = block * pixel, dyPlane = block * dyPixel, size = channels * outputChannels;
  const sumBytes = Math.ceil(channels / 4) * Math.ceil(outputChannels / 8) * 128;

  withScratch([
    PLANES * sumBytes,
    PLANES * Math.max(plane + dyPlane, size * 4),
    frameBytes(images, frame),
    frameBytes(dyImages, dyFrame),
  ], (sums, planes, scratch, dyScratch) => {
    clear(sums, PLANES * sumBytes);
    const dyPlanes = planes + PLANES * plane;
    for (let image = 0; image < batch; image++) {
      const input = frameImage(images, image, frame, scratch);
      const gradient = frameImage(dyImages, image, dyFrame, dyScratch);
      for (let first = 0; first < tiles; first += block) {
        const count = Math.min(block, tiles - first);
        kernels.transformInputs(input.address, input.rowStep, channels, across, first, count, planes, plane);
        kernels.transformGradients(
          ...[gradient.address, gradient.rowStep, outputChannels, across, first, count, dyPlanes, dyPlane],
        );
        for (let i = 0; i < PLANES; i++) {
          kernels.addProducts(
            ...[planes + i * plane, 0, pixel, dyPlanes + i * dyPlane, 0, dyPixel],
            ...[1, count, 1, channels, outputChannels, 1, 0, 1, 0, sums + i * sumBytes],
          );
        }
      }
    }
    for (let i = 0; i < PLANES; i++) {
      kernels.readProducts(sums + i * sumBytes, channels, outputChannels, planes + i * size * 4);
    }
    kernels.transformFilterGradients(planes, size, dFilter);
  });
}

/** The tiles of 2×2 outputs that cover an image, and what of the input they see. */
function tiling(address: number, g: Geometry) {
  const across = Math.ceil(g.outputWidth / 2), down = Math.ceil(g.outputHeight / 2);
  const images: Images = { address, batch: g.batch, height: g.height, width: g.width, channels: g.channels };
  const frame = { top: -g.top, left: -g.left, height: 2 * down + 2, width: 2 * across + 2 };
  return { across, tiles: across * down, images, frame };
}
