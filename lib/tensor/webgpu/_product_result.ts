import type { Lanes } from "./_bindings.ts";

/** Where the result of a product goes. */
export interface Destination {
  readonly array: string;
  readonly columns: number;
  /** 4 where the columns are a multiple of four. */
  readonly lanes: Lanes;
  /** WGSL of the body of a function from a row `m` and the workgroup's `part` to the row of the array; negative: none. */
  readonly row: string;
  /** Whether values go through `finish` of the epilogue. */
  readonly finish: boolean;
}

/** Declares `store()` of a product. */
export function productResult({ array, columns, lanes, row, finish }: Destination): string {
  const write = (at: string, n: string, value: string) =>
    `let at = ${at}; ${array}[at] = ${finish ? `finish(${value}, at, ${n})` : value};`;
  const writes = lanes === 4
    ? [`if (n < ${columns}) { ${write(`to * ${columns / 4} + (n >> 2u)`, "n >> 2u", "value")} }`]
    : [0, 1, 2, 3].map((i) =>
      `if (n + ${i} < ${columns}) { ${write(`to * ${columns} + n + ${i}`, `n + ${i}`, `value.${"xyzw"[i]}`)} }`
    );
  return `
fn rowOf(m: i32, part: i32) -> i32 {
  ${row}
}
fn store(m: i32, n: i32, part: i32, value: vec4<f32>) {
  let to = rowOf(m, part);
  if (to < 0) { return; }
  ${writes.join("\n  ")}
}`;
}
