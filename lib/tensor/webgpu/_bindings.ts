/** Values that lie together in memory and are read at once: four where the number of channels allows it. */
export type Lanes = 1 | 4;

/** Lanes of a map or filter whose innermost side has a length. */
export function lanesOf(length: number): Lanes {
  return length % 4 === 0 ? 4 : 1;
}

/** Type of a value in WGSL. */
export function typeOf(lanes: Lanes): string {
  return lanes === 4 ? "vec4<f32>" : "f32";
}

/**
 * Declares what `runShader` binds: outputs, then inputs, both arrays of the lanes given, then the numbers as fields of
 * `size`.
 */
export function declareBindings(
  { outputs, inputs, numbers }: {
    outputs: Record<string, Lanes>;
    inputs: Record<string, Lanes>;
    numbers: readonly string[];
  },
): string {
  const arrays = [
    ...Object.entries(outputs).map(([name, lanes]) => `var<storage, read_write> ${name}: array<${typeOf(lanes)}>;`),
    ...Object.entries(inputs).map(([name, lanes]) => `var<storage, read> ${name}: array<${typeOf(lanes)}>;`),
  ];
  return [
    `struct Size { ${numbers.map((name) => `${name}: i32`).join(", ")} }`,
    ...[...arrays, "var<uniform> size: Size;"].map((line, binding) => `@group(0) @binding(${binding}) ${line}`),
  ].join("\n");
}
