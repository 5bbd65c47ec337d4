import type { Epilogue } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import {
  epilogueCode,
  epilogueInputs,
  type EpilogueSteps,
  invocationsCode,
  type Lanes,
  lanesOf,
  noEpilogue,
  stepsOf,
  typeOf,
  workgroupsFor,
} from "./_wgsl.ts";
import { runShader } from "./_run_shader.ts";

/** Invocations that keep a large GPU busy, and the least that each should have to do. */
const enough = 65536, leastRows = 64;

/**
 * Sums a matrix [rows, columns] over its rows.
 *
 * @param options Number of rows, shape of the result, and what follows: a bias belongs to its last side.
 */
export function sumRows(
  parts: tf.Tensor,
  { rows, shape, epilogue }: { rows: number; shape: readonly number[]; epilogue: Epilogue },
): tf.Tensor {
  const columns = parts.size / rows;
  const lanes = lanesOf(shape.at(-1)!);
  const chunks = chunksOf(rows, columns / lanes);
  const last = chunks === 1;
  const code = { lanes, channels: shape.at(-1)!, epilogue: stepsOf(last ? epilogue : noEpilogue) };
  const [sum] = runShader({
    key: `sumRows ${JSON.stringify(code)}`,
    code: () => sumRowsCode(code),
    inputs: { parts, ...(last ? epilogueInputs(epilogue) : {}) },
    outputs: { result: last ? shape : [chunks, columns] },
    type: typeOf(lanes),
    sizes: { count: chunks * columns / lanes, rows, columns: columns / lanes, chunks },
    workgroups: workgroupsFor(chunks * columns / lanes),
  });
  return last ? sum! : sumRows(sum!, { rows: chunks, shape, epilogue });
}

/** Groups of rows that are summed by themselves, before their sums are. */
export function chunksOf(rows: number, vectors: number): number {
  return rows <= leastRows ? 1 : Math.min(Math.ceil(rows / leastRows), Math.max(Math.ceil(enough / vectors), 1));
}

/** The program of {@linkcode sumRows}: an invocation sums every n-th row of some neighbouring columns. */
function sumRowsCode(
  { lanes, channels, epilogue }: { lanes: Lanes; channels: number; epilogue: EpilogueSteps },
): string {
  return epilogueCode(epilogue, lanes) + invocationsCode(`
  let column = i % options.columns;
  var sum = ${typeOf(lanes)}();
  for (var row = i / options.columns; row < options.rows; row += options.chunks) {
    sum += parts[row * options.columns + column];
  }
  result[i] = finish(sum, i, i % ${channels / lanes});`);
}
