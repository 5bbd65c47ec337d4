import type { ParameterSpec } from "./parameter_spec.ts";

/**
 * Reorders the values of a parameter from files (OIHW) to memory (HWIO; depthwise HWC1). Vectors pass unchanged.
 *
 * @param spec The parameter.
 * @param data Its values as in files.
 * @returns Its values as in memory.
 */
export function toMemoryLayout(spec: ParameterSpec, data: Float32Array): Float32Array {
  return reorder(spec, (result, file, memory) => result[memory] = data[file]!) ?? data;
}

/**
 * Reorders the values of a parameter from memory to files: the inverse of {@linkcode toMemoryLayout}.
 *
 * @param spec The parameter.
 * @param data Its values as in memory.
 * @returns Its values as in files.
 */
export function toFileLayout(spec: ParameterSpec, data: Float32Array): Float32Array {
  return reorder(spec, (result, file, memory) => result[file] = data[memory]!) ?? data;
}

/** Visits every value of a filter; `null` for parameters that look the same in both places. */
function reorder(
  { shape }: ParameterSpec,
  move: (result: Float32Array, file: number, memory: number) => void,
): Float32Array | null {
  if (shape.length !== 4) return null;
  // A depthwise filter [C, 1, h, w] becomes [h, w, 1, C] by the same rule, which has the same order as [h, w, C, 1].
  const [out, input, height, width] = shape as [number, number, number, number];
  const result = new Float32Array(out * input * height * width);
  let file = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < input; i++) {
      for (let tap = 0; tap < height * width; tap++) move(result, file++, (tap * input + i) * out + o);
    }
  }
  return result;
}
