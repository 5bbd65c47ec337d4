import { frameBytes, frameImage, type Images } from "./_frames.ts";
import { type Geometry, inputFrame } from "./_geometry.ts";
import { clear, wasmKernels, withScratch } from "./_runtime.ts";

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
