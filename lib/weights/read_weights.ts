import { decodePth } from "../files/pth.ts";
import { decodeSafetensors, type TensorFile } from "../files/safetensors.ts";

/** Largest file that is read, bytes. */
const LARGEST = 2 ** 31;

/**
 * Reads a file of weights: safetensors, or a PyTorch checkpoint of either format, whatever its name ends with.
 *
 * @param path Path of the file.
 * @returns Its tensors.
 * @throws Error naming the file, and the byte or the tensor, where it is none of these, or is damaged.
 */
export async function readWeights(path: string): Promise<TensorFile> {
  const { size } = await Deno.stat(path);
  if (size > LARGEST) throw new Error(`Expected at most ${LARGEST} bytes in ${path} but found ${size}`);
  return decodeWeights(await Deno.readFile(path), path);
}

/**
 * Decodes the bytes of a file of weights, as {@linkcode readWeights}.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @returns Its tensors.
 * @throws Error as {@linkcode readWeights}.
 */
export function decodeWeights(bytes: Uint8Array, name: string): TensorFile {
  const isPth = (bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80 && bytes[1] === 2 && bytes[2] === 0x8a;
  return isPth ? decodePth(bytes, name) : decodeSafetensors(bytes, name);
}
