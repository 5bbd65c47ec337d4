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
export function liesInside({ top, left, height, width }: Frame, image: { height: number; width: number }): boolean {
  return top >= 0 && left >= 0 && top + height <= image.height && left + width <= image.width;
}
