import type { ParameterSpec } from "../weights/params.ts";
import type { NamedTensors } from "../files/safetensors.ts";
import { drawNormal, namedRandom } from "../data/random.ts";

/** Options of {@linkcode initialise}. */
export interface InitialiseOptions {
  /** Seed of the run; every parameter has a stream of its own. */
  seed: number;
  /**
   * `uniform`: PyTorch's default, filters and biases uniform in ±1/√n; `he`: filters normal of standard deviation √(2/n),
   * biases 0; n is the number of inputs of one output.
   */
  method: "uniform" | "he";
  /** Factor on the filter of this name; 1 where absent. */
  gain?: (name: string) => number;
}

/**
 * Draws parameters for training from scratch. Scales and variances start at 1, offsets and means at 0.
 *
 * @param specs The parameters; a bias belongs to the filter of the same name.
 * @param options Seed and distribution.
 * @returns Tensors in the layout of files, in the order of `specs`.
 */
export function initialise(specs: readonly ParameterSpec[], options: InitialiseOptions): NamedTensors {
  const fanIn = new Map(specs.map(({ name, shape }) => [name, shape.slice(1).reduce((a, b) => a * b, 1)]));
  return Object.fromEntries(specs.map((spec) => {
    const inputs = fanIn.get(spec.name.replace(/\.bias$/, ".weight")) ?? 1;
    const draw = source(spec, inputs, options);
    const size = spec.shape.reduce((a, b) => a * b, 1);
    return [spec.name, { shape: [...spec.shape], data: Float32Array.from({ length: size }, draw) }];
  }));
}

function source({ name, role }: ParameterSpec, inputs: number, { seed, method, gain }: InitialiseOptions) {
  if (role === "scale" || role === "variance") return () => 1;
  if (role === "offset" || role === "mean" || (role === "bias" && method === "he")) return () => 0;
  const draw = namedRandom(`${seed}/initialise/${name}`);
  const factor = role === "bias" ? 1 : gain?.(name) ?? 1;
  if (method === "he") return () => factor * Math.sqrt(2 / inputs) * drawNormal(draw);
  return () => factor * (2 * draw() - 1) / Math.sqrt(inputs);
}
