/**
 * Checkpoints of a training: parameters and moments of a step, from which it goes on with the same numbers.
 *
 * | tensor | shape | meaning |
 * |---|---|---|
 * | `step` | [] | steps done |
 * | `parameter/NAME` | as in memory | a trained parameter |
 * | `optimiser/MOMENT/NAME` | as in memory | a moment of it, such as `momentum` |
 * @module
 */
import { sha256 } from "../files/hash.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensors, type TensorFile } from "../files/safetensors.ts";
import * as tf from "../tensor/tf.ts";
import type { Params } from "../weights/params.ts";
import type { Optimiser } from "./optimiser.ts";

interface Trained {
  readonly params: Params;
  readonly trainable: readonly string[];
  readonly optimiser: Optimiser;
}

/**
 * Copies everything that training continues from.
 *
 * @param training Parameters and optimiser, and images of the last batch, for messages.
 * @throws Error naming a parameter that is not finite.
 */
export async function trainingState(
  step: number,
  { params, trainable, optimiser, ids }: Trained & { readonly ids: readonly string[] },
): Promise<NamedTensors> {
  const state: NamedTensors = { step: { shape: [], data: Float32Array.of(step) } };
  for (const name of trainable) {
    const data = await params[name]!.data() as Float32Array;
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw nonFinite(`parameter ${name} after step ${step - 1}`, bad, ids);
    state[`parameter/${name}`] = { shape: [...params[name]!.shape], data };
  }
  for (const [key, tensor] of Object.entries(await optimiser.state())) state[`optimiser/${key}`] = tensor;
  return state;
}

/**
 * Puts a state back.
 *
 * @param training Parameters, which are replaced in place, and optimiser.
 * @returns Steps done.
 * @throws Error if the state is of other parameters.
 */
export function restoreState(state: NamedTensors, { params, trainable, optimiser }: Trained): number {
  const expected = ["step", ...trainable.map((name) => `parameter/${name}`)];
  const found = Object.keys(state).filter((key) => !key.startsWith("optimiser/"));
  const difference = [
    ...expected.filter((key) => !found.includes(key)),
    ...found.filter((key) => !expected.includes(key)),
  ];
  if (difference.length > 0) {
    throw new Error(
      `Expected a state of these ${trainable.length} parameters but found a difference in ${difference.join(", ")}`,
    );
  }
  const moments: NamedTensors = {};
  for (const [key, tensor] of Object.entries(state)) {
    const [kind, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
    if (kind === "optimiser") moments[name] = tensor;
    if (kind !== "parameter") continue;
    if (String(params[name]?.shape) !== String(tensor.shape)) {
      throw new Error(`Expected ${name} [${params[name]?.shape}] in the state but found [${tensor.shape}]`);
    }
    params[name]!.dispose();
    params[name] = tf.tensor(tensor.data, tensor.shape, "float32");
  }
  optimiser.restore(moments);
  return state["step"]!.data[0]!;
}

/** The error of a training whose numbers are no longer finite. */
export class NonFiniteError extends Error {}

/** The error of a number that is not finite. */
export function nonFinite(what: string, value: number, ids: readonly string[]): NonFiniteError {
  return new NonFiniteError(`Expected a finite ${what} but found ${value}; images of the batch: ${ids.join(", ")}`);
}

/** Bytes of a checkpoint: safetensors, with the checksum of what they would be without. */
export function encodeCheckpoint(state: NamedTensors): Uint8Array {
  return encodeSafetensors(state, { sha256: sha256(encodeSafetensors(state)) });
}

/**
 * Tensors of a checkpoint, or `null` if it is damaged. Those of earlier versions have no checksum.
 *
 * @param bytes Those of {@linkcode encodeCheckpoint}.
 * @param name Path, for messages.
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): NamedTensors | null {
  let file: TensorFile;
  try {
    file = decodeSafetensors(bytes, name);
  } catch {
    return null;
  }
  const { sha256: expected } = file.metadata;
  return expected === undefined || expected === sha256(encodeSafetensors(file.tensors)) ? file.tensors : null;
}
