import type { Activation } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import { declareBindings, type Lanes, lanesOf, typeOf } from "./_bindings.ts";
import { invocationsCode, workgroupsFor } from "./_invocations.ts";
import { runShader } from "./_run_shader.ts";

/** Gradient before a rectifier, from the gradient after it and its output. */
export function rectifierGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  const lanes = lanesOf(y.size), count = y.size / lanes;
  const [dx] = runShader({
    key: `rectifierGradient ${activation} ${lanes}`,
    code: () => rectifierGradientCode(activation, lanes),
    inputs: [dy, y],
    outputs: [y.shape],
    numbers: [count],
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}

/** The program of {@linkcode rectifierGradient}. */
export function rectifierGradientCode(activation: Activation, lanes: Lanes): string {
  const type = typeOf(lanes);
  const stopped = [`y[i] <= ${type}()`, ...(activation === "relu6" ? [`y[i] >= ${type}(6.0)`] : [])];
  return declareBindings({ outputs: { dx: lanes }, inputs: { dy: lanes, y: lanes }, numbers: ["count"] }) +
    invocationsCode(`  dx[i] = select(dy[i], ${type}(), ${stopped.join(" | ")});`);
}
