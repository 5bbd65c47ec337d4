import { type Lanes, typeOf } from "./_bindings.ts";
import type { Operand } from "./_matrix_product.ts";

/** Where the values of a product's operand lie in an array. */
export interface Gathering {
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
