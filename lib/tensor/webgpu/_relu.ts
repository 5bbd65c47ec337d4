/** ReLU, ReLU6 and their gradients. */
import type { Activation } from "../_kernels.ts";
import type * as tf from "../tf.ts";
import { runShader } from "./_run_shader.ts";
import {
  activationCode,
  declareBindings,
  invocationsCode,
  type Lanes,
  lanesOf,
  typeOf,
  workgroupsFor,
} from "./_wgsl.ts";

/** ReLU or ReLU6 of a map; a NaN stays one. */
export function relu(x: tf.Tensor, activation: Activation): tf.Tensor {
  const lanes = lanesOf(x.size), count = x.size / lanes;
  return runShader({
    key: `${activation} ${lanes}`,
    code: () => reluCode(activation, lanes),
    inputs: [x],
    outputs: [x.shape],
    numbers: [count],
    workgroups: workgroupsFor(count),
  })[0]!;
}

/** The program of {@linkcode relu}. */
function reluCode(activation: Activation, lanes: Lanes): string {
  return declareBindings({ outputs: { y: lanes }, inputs: { x: lanes }, numbers: ["count"] }) +
    activationCode(activation, lanes) + invocationsCode("  y[i] = activate(x[i]);");
}

/** Gradient before a ReLU, from the gradient after it and its output. */
export function reluGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  const lanes = lanesOf(y.size), count = y.size / lanes;
  const [dx] = runShader({
    key: `reluGradient ${activation} ${lanes}`,
    code: () => reluGradientCode(activation, lanes),
    inputs: [dy, y],
    outputs: [y.shape],
    numbers: [count],
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}

/** The program of {@linkcode reluGradient}. */
export function reluGradientCode(activation: Activation, lanes: Lanes): string {
  const type = typeOf(lanes);
  const stopped = [`y[i] <= ${type}()`, ...(activation === "relu6" ? [`y[i] >= ${type}(6.0)`] : [])];
  return declareBindings({ outputs: { dx: lanes }, inputs: { dy: lanes, y: lanes }, numbers: ["count"] }) +
    invocationsCode(`  dx[i] = select(dy[i], ${type}(), ${stopped.join(" | ")});`);
}
