/** Programs of which every invocation works out one thing for itself. */

const perWorkgroup = 256, widest = 32768;

/** Workgroups for a number of invocations, within what WebGPU allows in each direction. */
export function workgroupsFor(count: number): readonly [number, number] {
  const workgroups = Math.ceil(count / perWorkgroup);
  return [Math.min(workgroups, widest), Math.ceil(workgroups / widest)];
}

/** A program whose body runs with `i` from 0 to `size.count` − 1. */
export function invocationsCode(body: string): string {
  return `
@compute @workgroup_size(${perWorkgroup})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = i32((group.y * ${widest}u + group.x) * ${perWorkgroup}u + thread);
  if (i >= size.count) { return; }
${body}
}`;
}
