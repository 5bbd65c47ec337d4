/** Weights that golden groups fill by rule from the portable generator of `g00_prng`. */
import { namedRandom } from "../../lib/data/random.ts";
import type { ParameterSpec } from "../../lib/weights/params.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";

/** Parameters by their names in the network, drawn under the names that `title` gives them. */
export function prngParams(specs: readonly ParameterSpec[], title: (name: string) => string): NamedTensors {
  return Object.fromEntries(specs.map((spec) => {
    const draw = namedRandom(title(spec.name));
    const [low, high] = range(spec);
    const size = spec.shape.reduce((a, b) => a * b, 1);
    return [spec.name, {
      shape: [...spec.shape],
      data: Float32Array.from({ length: size }, () => low + (high - low) * draw()),
    }];
  }));
}

function range({ name, role, shape }: ParameterSpec): [number, number] {
  if (role === "filter" || role === "depthwise") {
    const bound = Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1));
    return [-bound, bound];
  }
  if (role === "scale") return /\.bn3\.weight$|downsample\.1\.weight$/.test(name) ? [0.25, 0.5] : [0.5, 1];
  return role === "variance" ? [0.5, 1.5] : [-0.1, 0.1];
}
