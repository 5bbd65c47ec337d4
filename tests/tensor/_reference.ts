/** The layers in plain 64-bit loops, and numeric derivatives of them. */

/** A map [B, H, W, C]. */
export interface Map4 {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
}

/** Deterministic numbers in (−1, 1), none of them close to another by design. */
export function sampleMap(shape: Map4["shape"], seed: number): Map4 {
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => {
    const value = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return Math.fround(2 * (value - Math.floor(value)) - 1);
  });
  return { shape, data };
}

/** Sums over a window; `depthwise` takes a filter [h, w, C, 1]. */
export function convolve(
  x: Map4,
  filter: Map4,
  { stride, padding: [top, bottom, left, right], depthwise = false }: {
    stride: number;
    padding: readonly [number, number, number, number];
    depthwise?: boolean;
  },
): Map4 {
  const [batch, height, width, channels] = x.shape, [rows, columns, , outputs] = filter.shape;
  const newHeight = Math.floor((height + top + bottom - rows) / stride) + 1;
  const newWidth = Math.floor((width + left + right - columns) / stride) + 1;
  const depth = depthwise ? channels : outputs;
  const y = zeros([batch, newHeight, newWidth, depth]);
  each(y, (to, [b, i, j, d]) => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const row = i * stride + r - top, column = j * stride + c - left;
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const pixel = ((b * height + row) * width + column) * channels;
        if (depthwise) y.data[to]! += x.data[pixel + d]! * filter.data[(r * columns + c) * channels + d]!;
        else {
          for (let k = 0; k < channels; k++) {
            y.data[to]! += x.data[pixel + k]! * filter.data[((r * columns + c) * channels + k) * outputs + d]!;
          }
        }
      }
    }
  });
  return y;
}

/** Maxima over a window. */
export function pool(
  x: Map4,
  { size, stride, padding: [top, bottom, left, right] }: {
    size: number;
    stride: number;
    padding: readonly [number, number, number, number];
  },
): Map4 {
  const [batch, height, width, channels] = x.shape;
  const newHeight = Math.floor((height + top + bottom - size) / stride) + 1;
  const newWidth = Math.floor((width + left + right - size) / stride) + 1;
  const y = zeros([batch, newHeight, newWidth, channels]);
  each(y, (to, [b, i, j, c]) => {
    y.data[to] = -Infinity;
    for (let row = Math.max(i * stride - top, 0); row < Math.min(i * stride - top + size, height); row++) {
      for (let column = Math.max(j * stride - left, 0); column < Math.min(j * stride - left + size, width); column++) {
        y.data[to] = Math.max(y.data[to]!, x.data[((b * height + row) * width + column) * channels + c]!);
      }
    }
  });
  return y;
}

/** Linear interpolation between pixel centres, clamped at the border. */
export function interpolate(x: Map4, [newHeight, newWidth]: readonly [number, number]): Map4 {
  const [batch, height, width, channels] = x.shape;
  const y = zeros([batch, newHeight, newWidth, channels]);
  const clamp = (value: number, limit: number) => Math.min(Math.max(value, 0), limit - 1);
  each(y, (to, [b, i, j, c]) => {
    const v = clamp((i + 0.5) * height / newHeight - 0.5, height), u = clamp((j + 0.5) * width / newWidth - 0.5, width);
    for (const [row, weight] of [[Math.floor(v), 1 - v % 1], [Math.ceil(v), v % 1]] as const) {
      for (const [column, share] of [[Math.floor(u), 1 - u % 1], [Math.ceil(u), u % 1]] as const) {
        y.data[to]! += weight * share * x.data[((b * height + row) * width + column) * channels + c]!;
      }
    }
  });
  return y;
}

/** Group normalisation with an affine map. */
export function normalise(x: Map4, scale: Map4, offset: Map4, groups: number): Map4 {
  const [batch, , , channels] = x.shape, size = channels / groups;
  const y = zeros(x.shape);
  for (let b = 0; b < batch; b++) {
    for (let g = 0; g < groups; g++) {
      const members: number[] = [];
      each(x, (at, [image, , , c]) => {
        if (image === b && Math.floor(c / size) === g) members.push(at);
      });
      const mean = members.reduce((sum, at) => sum + x.data[at]!, 0) / members.length;
      const variance = members.reduce((sum, at) => sum + (x.data[at]! - mean) ** 2, 0) / members.length;
      for (const at of members) {
        const c = at % channels;
        y.data[at] = (x.data[at]! - mean) / Math.sqrt(variance + 1e-5) * scale.data[c]! + offset.data[c]!;
      }
    }
  }
  return y;
}

/** Applies a function to every value. */
export function mapValues(x: Map4, change: (value: number, index: number) => number): Map4 {
  return { shape: x.shape, data: x.data.map((value, i) => change(value, i)) };
}

/** Gradient of Σ weights · compute(…inputs) for each input, by central differences. */
export function numericGradients(
  compute: (...inputs: Map4[]) => Map4,
  { inputs, weights, step = 1e-6 }: { inputs: Map4[]; weights: Map4; step?: number },
): Float64Array[] {
  const loss = () => {
    const y = compute(...inputs);
    return y.data.reduce((sum, value, i) => sum + value * weights.data[i]!, 0);
  };
  return inputs.map(({ data }) =>
    data.map((value, i) => {
      data[i] = value + step;
      const above = loss();
      data[i] = value - step;
      const below = loss();
      data[i] = value;
      return (above - below) / (2 * step);
    })
  );
}

function zeros(shape: Map4["shape"]): Map4 {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b)) };
}

function each({ shape: [batch, height, width, channels] }: Map4, visit: (at: number, place: Map4["shape"]) => void) {
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        for (let c = 0; c < channels; c++) visit(at++, [b, i, j, c]);
      }
    }
  }
}
