import type { Activation, Epilogue } from "../_kernels.ts";
import type * as tf from "../tf.ts";

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

/** Programs of which every invocation works out one thing for itself. */

const perWorkgroup = 256, widest = 32768;

/** Workgroups for a number of invocations, within what WebGPU allows in each direction. */
export function workgroupsFor(count: number): readonly [number, number] {
  const workgroups = Math.ceil(count / perWorkgroup);
  return [Math.min(workgroups, widest), Math.ceil(workgroups / widest)];
}

/** A program whose body runs with `i` from 0 to `options.count` − 1. */
export function invocationsCode(body: string): string {
  return `
@compute @workgroup_size(${perWorkgroup})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = i32((group.y * ${widest}u + group.x) * ${perWorkgroup}u + thread);
  if (i >= options.count) { return; }
${body}
}`;
}

/** Which steps follow a convolution. */
export interface EpilogueSteps {
  readonly bias: boolean;
  readonly addend: boolean;
  readonly activation: Epilogue["activation"];
}

/** None of them. */
export const noEpilogue: Epilogue = { bias: undefined, addend: undefined, activation: undefined };

/** The steps of an epilogue, which decide about a program. */
export function stepsOf({ bias, addend, activation }: Epilogue): EpilogueSteps {
  return { bias: bias !== undefined, addend: addend !== undefined, activation };
}

/** What an epilogue reads. */
export function epilogueInputs({ bias, addend }: Epilogue): Record<"bias" | "addend", tf.Tensor | undefined> {
  return { bias, addend };
}

/**
 * Declares `activate(value)`. A NaN stays one, so that a training gone wrong is noticed: it is known by its bits, for
 * max() and min() may turn it into a number, and so do comparisons where a driver makes max() and min() of them
 * (OpenGL's).
 */
export function activationCode(activation: Activation, lanes: Lanes): string {
  const type = typeOf(lanes), bits = lanes === 4 ? "vec4<u32>" : "u32";
  return `
fn activate(value: ${type}) -> ${type} {
  var result = select(value, ${type}(), value < ${type}());
  ${activation === "relu6" ? `result = select(result, ${type}(6.0), result > ${type}(6.0));` : ""}
  let isNaN = (bitcast<${bits}>(value) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u);
  return select(result, value, isNaN);
}`;
}

/** Declares `finish(sum, at, channel)`, the result at an index of the output; both count lanes. */
export function epilogueCode({ bias, addend, activation }: EpilogueSteps, lanes: Lanes): string {
  const type = typeOf(lanes);
  const steps = [
    ...(bias ? ["value += bias[channel];"] : []),
    ...(addend ? ["value += addend[at];"] : []),
    ...(activation ? ["value = activate(value);"] : []),
  ];
  return `${activation ? activationCode(activation, lanes) : ""}
fn finish(sum: ${type}, at: i32, channel: i32) -> ${type} {
  var value = sum;
  ${steps.join("\n  ")}
  return value;
}`;
}

/**
 * WGSL of `workgroupSum(value, lane)`: the sum of a workgroup's values, in an order that does not change. All
 * invocations must call it; the sum is returned to all of them.
 *
 * @param size Invocations of the workgroup, a power of two.
 */
export function workgroupSum(size: number, type = "f32"): string {
  return `
var<workgroup> terms: array<${type}, ${size}>;

fn workgroupSum(value: ${type}, lane: u32) -> ${type} {
  workgroupBarrier(); // of an earlier sum all have read
  terms[lane] = value;
  for (var half = ${size / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { terms[lane] += terms[lane + half]; }
  }
  workgroupBarrier();
  return terms[0];
}
`;
}
