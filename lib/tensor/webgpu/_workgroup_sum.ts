/**
 * WGSL of `workgroupSum(value, lane)`: the sum of a workgroup's values, in an order that does not change. All
 * invocations must call it; the sum is returned to all of them.
 *
 * @param size Invocations of the workgroup, a power of two.
 * @param type What is added.
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
