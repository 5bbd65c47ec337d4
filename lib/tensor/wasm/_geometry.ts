import { wasmKernels } from "./_runtime.ts";

/** Sizes of a two-dimensional convolution or pool; images are [batch, height, width, channels]. */
export interface Geometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly outputChannels: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Rows of padding above the image; how far windows reach below it follows from the output's height. */
  readonly top: number;
  /** Columns of padding left of the image. */
  readonly left: number;
}

/** What follows a convolution: addresses of a bias [D] and of an addend laid out as the output, 0 where there is none. */
export interface Ending {
  readonly bias?: number;
  readonly addend?: number;
  readonly activation?: "relu" | "relu6" | undefined;
}

/** The part of an image that windows reach into: its top left corner, which may lie outside, and its size. */
export interface Frame {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** What all windows of a convolution together see of its input. */
export function inputFrame(g: Geometry): Frame {
  return {
    top: -g.top,
    left: -g.left,
    height: (g.outputHeight - 1) * g.strideY + (g.filterHeight - 1) * g.dilationY + 1,
    width: (g.outputWidth - 1) * g.strideX + (g.filterWidth - 1) * g.dilationX + 1,
  };
}

/** Whether a frame lies inside an image, so that its pixels can be read in place. */
function liesInside({ top, left, height, width }: Frame, image: { height: number; width: number }): boolean {
  return top >= 0 && left >= 0 && top + height <= image.height && left + width <= image.width;
}

/** Images of a batch, one after the other in memory. */
export interface Images {
  readonly address: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** One image's pixels inside a frame. */
interface FramedImage {
  /** Address of the frame's first pixel. */
  readonly address: number;
  /** Bytes from one row to the next. */
  readonly rowStep: number;
}

/** Bytes of memory that {@linkcode frameImage} needs: none where the frame can be read in place. */
export function frameBytes(images: Omit<Images, "address">, frame: Frame): number {
  return liesInside(frame, images) ? 0 : frame.height * frame.width * images.channels * 4;
}

/** The part of an image inside a frame, with zeros where the frame reaches beyond it: copied only where it does. */
export function frameImage(images: Images, index: number, frame: Frame, scratch: number): FramedImage {
  const { height, width, channels } = images;
  const pixel = channels * 4;
  const image = images.address + index * height * width * pixel;
  if (liesInside(frame, images)) {
    return { address: image + (frame.top * width + frame.left) * pixel, rowStep: width * pixel };
  }
  wasmKernels().copyWindow(image, height, width, pixel, scratch, frame.top, frame.left, frame.height, frame.width);
  return { address: scratch, rowStep: frame.width * pixel };
}
