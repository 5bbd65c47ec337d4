/** What the programs of a convolution and of its two gradients share. */
import type { Shape } from "../_kernels.ts";
import type { Window } from "../_window.ts";
import * as tf from "../tf.ts";
import type { Operand } from "./_matrix_product.ts";
import { planOnProcessor, planProduct, type ProductPlan, type ProductSize } from "./_plan_product.ts";
import { type Lanes, typeOf } from "./_wgsl.ts";

/** What a convolution's programs are written for; sizes of maps are left open, since images come in many. */
export interface ConvolutionCode {
  readonly window: Window;
  /** Of the input. */
  readonly channels: number;
  /** Channels of the output. */
  readonly outputs: number;
  readonly tile: ProductPlan["tile"];
}

/** Chooses how a product is computed. */
export type Planner = (size: ProductSize, options: { splittable: boolean; copies: number }) => ProductPlan;

/** The best plan for this device. */
export const bestPlan: Planner = (size, options) => {
  const { device, software } = tf.backend() as unknown as { device: GPUDevice; software: boolean };
  if (software) return planOnProcessor(size);
  return planProduct(size, { ...options, storageBytes: device.limits.maxComputeWorkgroupStorageSize });
};

/** Sizes that the programs know. */
export function convolutionSizes(
  { rows, sum }: ProductSize,
  { plan: { perSplit }, x, y }: { plan: ProductPlan; x: Shape; y: Shape },
) {
  return { rows, sum, perSplit, height: x[1], width: x[2], newHeight: y[1], newWidth: y[2] };
}

/** Workgroups of a product. */
export function productWorkgroups(
  { rows, columns }: ProductSize,
  { tile, parts }: { tile: ProductPlan["tile"]; parts: number },
): readonly [number, number, number] {
  return [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows), parts];
}

/** Declares `range()` of a product whose sum is cut into parts. */
export const splitRange = `
fn range(part: i32) -> vec2<i32> {
  return vec2<i32>(part * options.perSplit, min((part + 1) * options.perSplit, options.sum));
}`;

/** Body of `rowOf()` of a product whose parts are stored one after the other. */
export const splitRow = "return select(-1, part * options.rows + m, m < options.rows);";

/** Where the values of a product's operand lie in an array. */
interface Gathering {
  readonly array: string;
  /** 4: every value at an index that is a multiple of four is followed by its three neighbours in `along`. */
  readonly lanes: Lanes;
  readonly along: Operand["along"];
  /** WGSL of the fields of a struct `Spot`: what is known of a row (of A) or column (of B) whatever k is. */
  readonly fields: string;
  /** WGSL of the body of a function from the row or column `side` and the workgroup's `part` to its `Spot`. */
  readonly spot: string;
  /** WGSL of the body of a function from `spot` and `k` to the index in the array; negative: the value is zero. */
  readonly index: string;
}

/** Writes an operand of a product that is gathered from an array. */
export function gather(name: "A" | "B", { array, lanes, along, fields, spot, index }: Gathering): Operand {
  const type = typeOf(lanes), zero = `${type}()`;
  const read = `
struct Spot${name} { ${fields} }
fn spot${name}(side: i32, part: i32) -> Spot${name} {
  ${spot}
}
fn index${name}(spot: Spot${name}, k: i32) -> i32 {
  ${index}
}
fn read${name}(spot: Spot${name}, k: i32, end: i32) -> ${type} {
  if (k >= end) { return ${zero}; }
  let at = index${name}(spot, k);
  if (at < 0) { return ${zero}; }
  return ${array}[${lanes === 4 ? "at >> 2u" : "at"}];
}`;
  const four = [0, 1, 2, 3];
  const separate = lanes === 1 && along === "side";
  const place = separate
    ? `
struct Place${name} { ${four.map((i) => `s${i}: Spot${name}`).join(", ")} }
fn place${name}(side: i32, part: i32) -> Place${name} {
  return Place${name}(${four.map((i) => `spot${name}(side + ${i}, part)`).join(", ")});
}`
    : `
alias Place${name} = Spot${name};
fn place${name}(side: i32, part: i32) -> Place${name} { return spot${name}(side, part); }`;
  const values = four.map((i) => separate ? `read${name}(place.s${i}, k, end)` : `read${name}(place, k + ${i}, end)`);
  const fetch = `
fn fetch${name}(place: Place${name}, k: i32, end: i32) -> vec4<f32> {
  return ${lanes === 4 ? `read${name}(place, k, end)` : `vec4<f32>(${values.join(", ")})`};
}`;
  return { along, code: read + place + fetch };
}

/** Writes the right operand of a product that lies in an array as it is, row after row. */
export function rowMajor({ array, lanes, columns }: { array: string; lanes: Lanes; columns: number }): Operand {
  return gather("B", {
    array,
    lanes,
    along: "side",
    fields: "column: i32",
    spot: "return SpotB(side);",
    index: `return k * ${columns} + spot.column;`,
  });
}

/** Where the result of a product goes. */
interface Destination {
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
