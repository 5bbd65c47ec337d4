import type { Epilogue } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import { type Lanes, typeOf } from "./_bindings.ts";

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

/** Arrays that an epilogue reads. */
export function epilogueBindings({ bias, addend }: EpilogueSteps, lanes: Lanes): Record<string, Lanes> {
  return { ...(bias ? { bias: lanes } : {}), ...(addend ? { addend: lanes } : {}) };
}

/** Tensors for {@linkcode epilogueBindings}. */
export function epilogueInputs({ bias, addend }: Epilogue): tf.Tensor[] {
  return [bias, addend].filter((tensor) => tensor !== undefined);
}

/** Declares `finish(sum, at, channel)`, the result at an index of the output; both count lanes. */
export function epilogueCode({ bias, addend, activation }: EpilogueSteps, lanes: Lanes): string {
  const type = typeOf(lanes);
  const steps = [
    ...(bias ? ["value += bias[channel];"] : []),
    ...(addend ? ["value += addend[at];"] : []),
    // Not by max() and min(), which may turn the NaN of a training gone wrong into a number.
    ...(activation ? [`value = select(value, ${type}(), value < ${type}());`] : []),
    ...(activation === "relu6" ? [`value = select(value, ${type}(6.0), value > ${type}(6.0));`] : []),
  ];
  return `
fn finish(sum: ${type}, at: i32, channel: i32) -> ${type} {
  var value = sum;
  ${steps.join("\n  ")}
  return value;
}`;
}
