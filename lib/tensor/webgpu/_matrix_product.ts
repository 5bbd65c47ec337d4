/**
 * The program behind all convolutions: a product of two matrices, neither of which is ever stored.
 *
 * result[m, n] = Σₖ A[m, k] · B[k, n]. A workgroup computes a tile of the result. It walks along k in steps of
 * `depth`: its invocations together fetch the next piece of A and of B into memory that they share, then each adds the
 * products of its own share to sums that it holds in registers.
 *
 * ```
 *             B  ┌──────┐              Both pieces lie in the shared memory with k as the outer index and vectors of
 *          depth │      │ columns      four neighbouring rows (of A) or columns (of B) as the inner one, so that for
 *     depth      └──────┘              one k an invocation reads a few vectors and multiplies each with each.
 *    ┌─────┐     ┌──────┐
 *  A │     │ rows│ tile │              An invocation's rows are four in a row, then four more half a tile further
 *    └─────┘     └──────┘              on …: neighbours read neighbouring vectors, which costs no waiting.
 * ```
 *
 * What decides about its speed on a GPU: sums are variables with names, not an array, and the loop over the piece is
 * written out, so that compilers keep all of it in registers and all addresses in the shared memory are constants.
 */
import { invocations, type Tile } from "./_plan_product.ts";

/** One of the matrices of a product. */
export interface Operand {
  /**
   * In which direction its values are fetched by fours: `"sum"`, along k, or `"side"`, along A's rows or B's columns.
   */
  readonly along: "sum" | "side";
  /**
   * WGSL that declares, for A (for B likewise),
   * - `PlaceA`: what is known of a row (of the first of four, if fetched along the side) before the loop,
   * - `fn placeA(m: i32, part: i32) -> PlaceA`: works it out; rows beyond the matrix may give anything,
   * - `fn fetchA(place: PlaceA, k: i32, end: i32) -> vec4<f32>`: four values from k on, zero where k ≥ `end`.
   */
  readonly code: string;
}

/** A product to be written as a program. */
export interface Product {
  readonly tile: Tile;
  readonly a: Operand;
  readonly b: Operand;
  /**
   * WGSL that declares the rest:
   * - `fn range(part: i32) -> vec2<i32>`: begin and end of k in the part of the work that the workgroup's z names,
   * - `fn store(m: i32, n: i32, part: i32, value: vec4<f32>)`: takes results [m, n … n + 3], of which some may lie
   *   beyond the matrix.
   */
  readonly code: string;
}

/** Writes the program, without the declarations of its bindings. */
export function matrixProduct({ tile, a, b, code }: Product): string {
  const threads = invocations(tile);
  const [rows, columns] = tile.share;
  const threadRows = tile.rows / rows, threadColumns = tile.columns / columns;
  const fetches = [
    fetching("A", { ...a, side: tile.rows, depth: tile.depth, threads }),
    fetching("B", { ...b, side: tile.columns, depth: tile.depth, threads }),
  ];
  const sums = range(rows).flatMap((i) => range(columns / 4).map((j) => ({ i, j, name: `sum${i}_${j}` })));
  const quads = (name: "A" | "B", k: number) =>
    name === "A"
      ? range(rows / 4).map((q) => `let a${q} = pieceA[${k}][row + ${q * threadRows}u];`)
      : range(columns / 4).map((q) => `let b${q} = pieceB[${k}][column + ${q * threadColumns}u];`);

  return `
${a.code}
${b.code}
${code}

${fetches.map(({ declaration }) => declaration).join("\n")}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let t = i32(thread);
  let row = thread / ${threadColumns}u;
  let column = thread % ${threadColumns}u;
  let part = i32(group.z);
  let firstA = i32(group.y) * ${tile.rows};
  let firstB = i32(group.x) * ${tile.columns};
  let bounds = range(part);
  let end = bounds.y;
${lines(fetches.flatMap(({ before }) => before), 2)}
${lines(sums.map(({ name }) => `var ${name} = vec4<f32>();`), 2)}

  for (var k = bounds.x; k < end; k += ${tile.depth}) {
${lines(fetches.flatMap(({ each }) => each), 4)}
    workgroupBarrier();
${
    range(tile.depth).map((k) =>
      lines([
        "{",
        ...quads("A", k),
        ...quads("B", k),
        ...sums.map(({ i, j, name }) => `${name} = fma(vec4<f32>(a${i >> 2}.${"xyzw"[i % 4]}), b${j}, ${name});`),
        "}",
      ], 4)
    ).join("\n")
  }
    workgroupBarrier();
  }

  let firstRow = firstA + i32(row) * 4;
  let firstColumn = firstB + i32(column) * 4;
${
    lines(
      sums.map(({ i, j, name }) => {
        const down = (i >> 2) * threadRows * 4 + i % 4, right = j * threadColumns * 4;
        return `store(firstRow + ${down}, firstColumn + ${right}, part, ${name});`;
      }),
      2,
    )
  }
}
`;
}

/** How the invocations of a workgroup fetch a piece of a matrix: `depth` values of k by `side` rows or columns. */
function fetching(
  name: "A" | "B",
  { along, side, depth, threads }: { along: Operand["along"]; side: number; depth: number; threads: number },
): { declaration: string; before: string[]; each: string[] } {
  // Along the sum, an invocation turns a block of 4 × 4; along the side, it moves a vector.
  const acrossSum = along === "sum" ? depth / 4 : depth, acrossSide = side / 4;
  const pieces = acrossSum * acrossSide;
  const passes = range(Math.ceil(pieces / threads));
  const guard = (pass: number, body: string[]) =>
    (pass + 1) * threads <= pieces
      ? ["{", ...body, "}"]
      : [`if (t${name} + ${pass * threads} < ${pieces}) {`, ...body, "}"];
  // Counted from either end, so that pieces that occupy half of the invocations occupy different halves.
  const turn = `let t${name} = ${name === "A" ? "t" : `${threads - 1} - t`};`;

  if (along === "side") {
    const step = threads / acrossSide;
    return {
      declaration: `var<workgroup> piece${name}: array<array<vec4<f32>, ${acrossSide}>, ${depth}>;`,
      before: [
        turn,
        `let quad${name} = t${name} % ${acrossSide};`,
        `let k${name} = t${name} / ${acrossSide};`,
        `let place${name}0 = place${name}(first${name} + quad${name} * 4, part);`,
      ],
      each: passes.flatMap((pass) =>
        guard(pass, [
          `let at = k${name} + ${pass * step};`,
          `piece${name}[at][quad${name}] = fetch${name}(place${name}0, k + at, end);`,
        ])
      ),
    };
  }
  const step = threads / acrossSum;
  return {
    // One vector more than needed, so that columns of it are not all in the same bank of the shared memory.
    declaration: `var<workgroup> piece${name}: array<array<vec4<f32>, ${acrossSide + 1}>, ${depth}>;`,
    before: [
      turn,
      `let k${name} = t${name} % ${acrossSum} * 4;`,
      `let quad${name} = t${name} / ${acrossSum};`,
      ...passes.flatMap((pass) =>
        range(4).map((i) =>
          `let place${name}${4 * pass + i} = place${name}(first${name} + (quad${name} + ${
            pass * step
          }) * 4 + ${i}, part);`
        )
      ),
    ],
    each: passes.flatMap((pass) =>
      guard(pass, [
        ...range(4).map((i) => `let v${i} = fetch${name}(place${name}${4 * pass + i}, k + k${name}, end);`),
        ...range(4).map((i) => {
          const lane = "xyzw"[i];
          return `piece${name}[k${name} + ${i}][quad${name} + ${pass * step}] = ` +
            `vec4<f32>(v0.${lane}, v1.${lane}, v2.${lane}, v3.${lane});`;
        }),
      ])
    ),
  };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function lines(list: readonly string[], indentation: number): string {
  return list.map((line) => " ".repeat(indentation) + line).join("\n");
}
