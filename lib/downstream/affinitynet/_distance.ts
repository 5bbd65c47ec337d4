/** Mean over channels of |fᵢ − fⱼ|; `i` and `j` are where the features of two pixels start. */
export function distance(features: Float32Array, i: number, j: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += Math.abs(features[i + c]! - features[j + c]!);
  return sum / channels;
}
