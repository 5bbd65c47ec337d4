import * as tf from "../tensor/tf.ts";
import type { Params } from "../weights/params.ts";
import type { NamedTensors } from "../files/safetensors.ts";

/** Method of gradient descent, and its learning rates. */
export interface OptimiserSettings {
  /** `sgd` as PyTorch's without dampening; `adamw` takes the weight decay from the parameters, `adam` from gradients. */
  readonly method: "sgd" | "adam" | "adamw";
  /** Learning rate of the first step, before factors. */
  readonly learningRate: number;
  /** SGD only. */
  readonly momentum: number;
  /** Fraction of the parameters added to their gradients. */
  readonly weightDecay: number;
  /** Power of the polynomial decay. */
  readonly power: number;
  /** Fraction of the steps in which the rate rises linearly from almost 0. */
  readonly warmup: number;
  /** Largest Euclidean norm of all gradients together; longer ones are shortened to it. Absent: any. */
  readonly clip?: number | undefined;
}

/**
 * Learning rate of a step: (1 − step/steps)^power of the first one, times (step + 1)/n in the n steps of the warm-up.
 * After the last step it stays as it was there.
 *
 * @param settings First rate, power and fraction of the warm-up.
 * @param step Step, from 0.
 * @param steps Number of steps.
 */
export function learningRateAt(
  { learningRate, power, warmup }: Pick<OptimiserSettings, "learningRate" | "power" | "warmup">,
  { step, steps }: { step: number; steps: number },
): number {
  const k = Math.min(step, steps - 1);
  const rising = Math.round(warmup * steps);
  return learningRate * (1 - k / steps) ** power * (k < rising ? (k + 1) / rising : 1);
}

/** Gradient descent over any number of steps. */
export interface Optimiser {
  /**
   * Takes one step: replaces tensors of `params` and disposes of the old ones. Parameters without gradient stay as they
   * are, without weight decay.
   */
  update(params: Params, gradients: Params, step: { learningRate: number; step: number }): void;
  /** Copies the moments, in the layout of memory. */
  state(): Promise<NamedTensors>;
  /** Continues from moments that {@linkcode Optimiser.state} copied. */
  restore(state: NamedTensors): void;
  /** Frees the moments. */
  dispose(): void;
}

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8; // of Adam, PyTorch's defaults

/**
 * Makes an optimiser with PyTorch's update rules.
 *
 * SGD: d = g + decay·p; buffer = d in the first step, then momentum·buffer + d; p −= rate·buffer. The released code runs
 * with momentum 1e-4: its weight decay slipped into that place.
 *
 * @param settings Method, momentum, weight decay and largest norm of the gradients.
 * @param factor Factor on the learning rate of a parameter, by name; 1 where absent.
 */
export function createOptimiser(
  { method, momentum, weightDecay, clip = Infinity }: Pick<
    OptimiserSettings,
    "method" | "momentum" | "weightDecay" | "clip"
  >,
  factor: (name: string) => number = () => 1,
): Optimiser {
  const moments = new Map<string, tf.Tensor>();
  const set = (key: string, value: tf.Tensor) => {
    moments.get(key)?.dispose();
    moments.set(key, tf.keep(value));
    return value;
  };
  const decayed = (g: tf.Tensor, p: tf.Tensor) => weightDecay === 0 ? g : g.add(p.mul(weightDecay));

  const sgd: Rule = (name, p, { gradient, rate }) => {
    const d = decayed(gradient, p);
    if (momentum === 0) return p.sub(d.mul(rate));
    const buffer = moments.get(`momentum/${name}`);
    return p.sub(set(`momentum/${name}`, buffer ? buffer.mul(momentum).add(d) : d.clone()).mul(rate));
  };

  const adam: Rule = (name, p, { gradient, rate, step }) => {
    const g = method === "adam" ? decayed(gradient, p) : gradient;
    const [m, v] = [moments.get(`first/${name}`), moments.get(`second/${name}`)];
    const first = set(`first/${name}`, m ? m.mul(BETA1).add(g.mul(1 - BETA1)) : g.mul(1 - BETA1));
    const second = set(`second/${name}`, v ? v.mul(BETA2).add(g.square().mul(1 - BETA2)) : g.square().mul(1 - BETA2));
    const deviation = second.sqrt().mul(1 / Math.sqrt(1 - BETA2 ** (step + 1))).add(EPSILON);
    const change = first.div(deviation).mul(rate / (1 - BETA1 ** (step + 1)));
    return (method === "adamw" && weightDecay !== 0 ? p.mul(1 - rate * weightDecay) : p).sub(change);
  };

  return {
    update(params, gradients, { learningRate, step }) {
      const rule = method === "sgd" ? sgd : adam;
      tf.tidy(() => {
        const shorten = clip === Infinity ? null : shortening(Object.values(gradients), clip);
        for (const [name, whole] of Object.entries(gradients)) {
          const old = params[name], gradient = shorten ? whole.mul(shorten) : whole;
          if (!old) throw new Error(`Expected a parameter ${name} for a gradient but found none`);
          params[name] = tf.keep(rule(name, old, { gradient, rate: learningRate * factor(name), step }));
          old.dispose();
        }
      });
    },
    async state() {
      const state: NamedTensors = {};
      for (const [key, tensor] of moments) {
        state[key] = { shape: [...tensor.shape], data: await tensor.data() as Float32Array };
      }
      return state;
    },
    restore(state) {
      for (const [key, { shape, data }] of Object.entries(state)) set(key, tf.tensor(data, shape, "float32"));
    },
    dispose() {
      for (const tensor of moments.values()) tensor.dispose();
      moments.clear();
    },
  };
}

/** Factor that brings the norm of all gradients together down to `clip`; 1 where it is not above. */
function shortening(gradients: readonly tf.Tensor[], clip: number): tf.Tensor {
  const norm = tf.addN(gradients.map((gradient) => gradient.square().sum())).sqrt();
  return tf.minimum(1, tf.div(clip, norm)); // a norm of 0 gives 1, one that is not finite does not hide itself
}

type Rule = (
  name: string,
  parameter: tf.Tensor,
  options: { gradient: tf.Tensor; rate: number; step: number },
) => tf.Tensor;
