import { type Frame, liesInside } from "./_geometry.ts";
import { wasmKernels } from "./_runtime.ts";

/** Images of a batch, one after the other in memory. */
export interface Images {
  readonly address: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** One image's pixels inside a frame. */
export interface FramedImage {
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
