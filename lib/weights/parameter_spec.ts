/**
 * What a parameter is to its layer: the filter of a convolution or of a depthwise convolution, a bias, scale and offset
 * of a normalisation, or its stored mean and variance, which are never trained.
 */
export type ParameterRole = "filter" | "depthwise" | "bias" | "scale" | "offset" | "mean" | "variance";

/** A parameter that a network needs. */
export interface ParameterSpec {
  /** Its PyTorch name. */
  readonly name: string;
  /** Its shape in files, which is PyTorch's: filters [out, in, height, width], depthwise [channels, 1, height, width]. */
  readonly shape: readonly number[];
  /** What it is to its layer. */
  readonly role: ParameterRole;
}

/** Whether gradient descent may change a parameter: true but for stored means and variances. */
export function isTrainable({ role }: ParameterSpec): boolean {
  return role !== "mean" && role !== "variance";
}

/** Shape of a parameter in memory: filters [height, width, in, out], depthwise [height, width, channels, 1]. */
export function memoryShape({ role, shape }: ParameterSpec): number[] {
  if (role !== "filter" && role !== "depthwise") return [...shape];
  const [out, input, height, width] = shape as [number, number, number, number];
  return role === "filter" ? [height, width, input, out] : [height, width, out, 1];
}
