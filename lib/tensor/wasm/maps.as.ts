// asc: --importMemory --initialMemory 256
// @ts-nocheck: AssemblyScript
// deno-fmt-ignore-file
//
// Everything but convolutions, on the memory of tfjs's wasm backend, where the layout and its rules are those of
// convolution.as.ts.

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** Stores the first one to seven values of eight. */
function storeSome(to: usize, v0: v128, v1: v128, count: i32): void {
  v128.store32_lane(to, v0, 0);
  if (count > 1) v128.store32_lane(to, v0, 1, 4);
  if (count > 2) v128.store32_lane(to, v0, 2, 8);
  if (count > 3) v128.store32_lane(to, v0, 3, 12);
  if (count > 4) v128.store32_lane(to, v1, 0, 16);
  if (count > 5) v128.store32_lane(to, v1, 1, 20);
  if (count > 6) v128.store32_lane(to, v1, 2, 24);
}

/** Adds up to four values to memory. */
@inline
function addSome(to: usize, v: v128, count: i32): void {
  v = f32x4.add(v128.load(to), v);
  if (count >= 4) v128.store(to, v);
  else storeSome(to, v, v, count);
}

/** Sums a [rows, channels] matrix over its rows. Blocks of rows keep the sums accurate and the matrix in the cache. */
export function sumRows(matrix: usize, rows: i32, channels: i32, sums: usize): void {
  memory.fill(sums, 0, channels * 4);
  const step = channels * 4;
  for (let row = 0; row < rows; row += 64) {
    const end = min(rows, row + 64);
    for (let c = 0; c < channels; c += 4) {
      let p = matrix + (row * step + c * 4);
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      let r = row;
      for (; r + 4 <= end; r += 4, p += 4 * step) {
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p + step));
        s2 = f32x4.add(s2, v128.load(p + 2 * step));
        s3 = f32x4.add(s3, v128.load(p + 3 * step));
      }
      for (; r < end; r++, p += step) s0 = f32x4.add(s0, v128.load(p));
      const to = sums + c * 4;
      s0 = f32x4.add(v128.load(to), f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
      if (c + 4 <= channels) v128.store(to, s0);
      else storeSome(to, s0, s0, channels - c);
    }
  }
}

/** ReLU (`six` = 0) or ReLU6 (1); a NaN stays one. */
export function relu(x: usize, length: i32, six: i32, y: usize): void {
  const upper: f32 = six ? 6 : Infinity;
  const zeros = f32x4.splat(0), uppers = f32x4.splat(upper);
  let i = 0;
  for (; i + 4 <= length; i += 4, x += 16, y += 16) {
    v128.store(y, f32x4.min(f32x4.max(v128.load(x), zeros), uppers));
  }
  for (; i < length; i++, x += 4, y += 4) store<f32>(y, min<f32>(max<f32>(load<f32>(x), 0), upper));
}

/** Gradient before ReLU (`six` = 0) or ReLU6 (1), from the gradient after it and its output. */
export function reluGradient(dy: usize, y: usize, length: i32, six: i32, dx: usize): void {
  const upper = f32x4.splat(six ? 6 : Infinity);
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= length; i += 4, dy += 16, y += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, v128.and(v128.load(dy), v128.and(f32x4.gt(v, zero), f32x4.lt(v, upper))));
  }
  for (; i < length; i++, dy += 4, y += 4, dx += 4) {
    const v = load<f32>(y);
    store<f32>(dx, v > 0 && (!six || v < 6) ? load<f32>(dy) : 0);
  }
}

/** Copies `count` runs of `bytes` bytes (a multiple of four) from and to places that lie `…Step` bytes apart. */
export function copyRuns(source: usize, sourceStep: i32, target: usize, targetStep: i32, bytes: i32, count: i32): void {
  for (let run = 0; run < count; run++, source += sourceStep, target += targetStep) {
    if (bytes >= 512) {
      memory.copy(target, source, bytes);
    } else {
      let i = 0;
      for (; i + 16 <= bytes; i += 16) v128.store(target + i, v128.load(source + i));
      for (; i < bytes; i += 4) store<u32>(target + i, load<u32>(source + i));
    }
  }
}

/** Maxima over the windows of one image; what a window has outside the image does not count. */
export function maxPool(
  image: usize, height: i32, width: i32, channels: i32, windowHeight: i32, windowWidth: i32, strideY: i32,
  strideX: i32, top: i32, left: i32, outputHeight: i32, outputWidth: i32, output: usize,
): void {
  const pixel = channels * 4;
  for (let oy = 0; oy < outputHeight; oy++) {
    const y0 = max(0, oy * strideY - top), y1 = min(height, oy * strideY - top + windowHeight);
    for (let ox = 0; ox < outputWidth; ox++, output += pixel) {
      const x0 = max(0, ox * strideX - left), x1 = min(width, ox * strideX - left + windowWidth);
      for (let c = 0; c < channels; c += 4) {
        let best = f32x4.splat(-Infinity);
        for (let y = y0; y < y1; y++) {
          let p = image + ((y * width + x0) * pixel + c * 4);
          for (let x = x0; x < x1; x++, p += pixel) best = f32x4.max(best, v128.load(p));
        }
        if (c + 4 <= channels) v128.store(output + c * 4, best);
        else storeSome(output + c * 4, best, best, channels - c);
      }
    }
  }
}

/** Gradient of `maxPool` for its image: of equal maxima the first one of a window gets it. Expects `dx` to be zero. */
export function maxPoolGradient(
  dy: usize, image: usize, output: usize, height: i32, width: i32, channels: i32, windowHeight: i32,
  windowWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32, outputHeight: i32, outputWidth: i32, dx: usize,
): void {
  const pixel = channels * 4;
  for (let oy = 0; oy < outputHeight; oy++) {
    const y0 = max(0, oy * strideY - top), y1 = min(height, oy * strideY - top + windowHeight);
    for (let ox = 0; ox < outputWidth; ox++, output += pixel, dy += pixel) {
      const x0 = max(0, ox * strideX - left), x1 = min(width, ox * strideX - left + windowWidth);
      let c = 0;
      for (; c + 4 <= channels; c += 4) {
        const best = v128.load(output + c * 4);
        let rest = v128.load(dy + c * 4);
        for (let y = y0; y < y1; y++) {
          let offset = (y * width + x0) * pixel + c * 4;
          for (let x = x0; x < x1; x++, offset += pixel) {
            const found = f32x4.eq(v128.load(image + offset), best);
            v128.store(dx + offset, f32x4.add(v128.load(dx + offset), v128.and(rest, found)));
            rest = v128.andnot(rest, found);
          }
        }
      }
      for (; c < channels; c++) {
        const best = load<f32>(output + c * 4);
        let rest = load<f32>(dy + c * 4);
        for (let y = y0; y < y1; y++) {
          let offset = (y * width + x0) * pixel + c * 4;
          for (let x = x0; x < x1; x++, offset += pixel) {
            if (load<f32>(image + offset) == best) {
              store<f32>(dx + offset, load<f32>(dx + offset) + rest);
              rest = 0;
            }
          }
        }
      }
    }
  }
}

/** to += t · from, for `bytes` bytes. */
@inline
function addTimes(from: usize, t: f32, to: usize, bytes: i32): void {
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, fma(v128.load(from + i), f32x4.splat(t), v128.load(to + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i) * t);
}

/** Gradient of an average pool of one image, whose windows count only what lies inside it. Expects `dx` to be zero. */
export function averagePoolGradient(
  dy: usize, height: i32, width: i32, channels: i32, windowHeight: i32, windowWidth: i32, strideY: i32, strideX: i32,
  top: i32, left: i32, outputHeight: i32, outputWidth: i32, dx: usize,
): void {
  const pixel = channels * 4;
  for (let oy = 0; oy < outputHeight; oy++) {
    const y0 = max(0, oy * strideY - top), y1 = min(height, oy * strideY - top + windowHeight);
    for (let ox = 0; ox < outputWidth; ox++, dy += pixel) {
      const x0 = max(0, ox * strideX - left), x1 = min(width, ox * strideX - left + windowWidth);
      const share: f32 = <f32>1 / <f32>((y1 - y0) * (x1 - x0));
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) addTimes(dy, share, dx + (y * width + x) * pixel, pixel);
      }
    }
  }
}

/** Replaces the sums of channels by the sum over each group's channels, times `factor`. */
function averageGroups(sums: usize, channels: i32, groups: i32, factor: f32): void {
  const size = channels / groups;
  for (let group = 0; group < groups; group++, sums += size * 4) {
    let sum: f32 = 0;
    for (let c = 0; c < size; c++) sum += load<f32>(sums + c * 4);
    for (let c = 0; c < size; c++) store<f32>(sums + c * 4, sum * factor);
  }
}

/** Sums of squared differences from a mean, for each channel. */
function sumSquares(x: usize, pixels: i32, channels: i32, mean: usize, sums: usize): void {
  memory.fill(sums, 0, channels * 4);
  const step = channels * 4;
  for (let row = 0; row < pixels; row += 64) {
    const rows = min(64, pixels - row);
    for (let c = 0; c < step; c += 16) {
      let p = x + (row * step + c);
      const m = v128.load(mean + c);
      let sum = f32x4.splat(0);
      for (let r = 0; r < rows; r++, p += step) {
        const d = f32x4.sub(v128.load(p), m);
        sum = fma(d, d, sum);
      }
      addSome(sums + c, sum, (step - c) >> 2);
    }
  }
}

/** Normalisation as one product and one sum: factor rate · scale, summand offset − mean · factor. */
function listAffine(channels: i32, scale: usize, offset: usize, mean: usize, rate: usize, affine: usize): void {
  const second = affine + ((channels * 4 + 15) & ~15);
  for (let c = 0; c < channels * 4; c += 4) {
    const factor = load<f32>(rate + c) * load<f32>(scale + c);
    store<f32>(affine + c, factor);
    store<f32>(second + c, load<f32>(offset + c) - load<f32>(mean + c) * factor);
  }
}

/**
 * Group normalisation of one image [pixels, channels], with ReLU where `relu` is 1. Leaves `mean` and `rate`
 * (1 / standard deviation) of each channel's group, and in `affine` the factor and the summand of each channel, 2 × (channels
 * rounded up to four).
 */
export function groupNorm(
  x: usize, pixels: i32, channels: i32, groups: i32, scale: usize, offset: usize, epsilon: f32, relu: i32,
  mean: usize, rate: usize, affine: usize, y: usize,
): void {
  const count = <f32>groups / (<f32>pixels * <f32>channels);
  sumRows(x, pixels, channels, mean);
  averageGroups(mean, channels, groups, count);
  sumSquares(x, pixels, channels, mean, rate);
  averageGroups(rate, channels, groups, count);
  for (let c = 0; c < channels * 4; c += 4) store<f32>(rate + c, 1 / sqrt<f32>(load<f32>(rate + c) + epsilon));
  listAffine(channels, scale, offset, mean, rate, affine);

  const step = channels * 4;
  const second = affine + ((step + 15) & ~15);
  const lower = f32x4.splat(relu ? 0 : -Infinity);
  for (let pixel = 0; pixel < pixels; pixel++, x += step, y += step) {
    for (let c = 0; c < step; c += 16) {
      const v = f32x4.max(fma(v128.load(x + c), v128.load(affine + c), v128.load(second + c)), lower);
      if (c + 16 <= step) v128.store(y + c, v);
      else storeSome(y + c, v, v, (step - c) >> 2);
    }
  }
}

/**
 * Sums over one image that gradients of `groupNorm` are made of, for each channel: of the gradient d before the ReLU, and
 * of d times the normalised value. Leaves `affine` as `groupNorm` does.
 */
export function groupNormSums(
  dy: usize, x: usize, pixels: i32, channels: i32, scale: usize, offset: usize, relu: i32, mean: usize, rate: usize,
  affine: usize, sums: usize, products: usize,
): void {
  listAffine(channels, scale, offset, mean, rate, affine);
  memory.fill(sums, 0, channels * 4);
  memory.fill(products, 0, channels * 4);
  const step = channels * 4;
  const second = affine + ((step + 15) & ~15);
  const lower = f32x4.splat(relu ? 0 : -Infinity);
  for (let row = 0; row < pixels; row += 64) {
    const rows = min(64, pixels - row);
    for (let c = 0; c < step; c += 16) {
      let p = x + (row * step + c), q = dy + (row * step + c);
      const m = v128.load(mean + c), f = v128.load(affine + c), s = v128.load(second + c);
      let sum = f32x4.splat(0), product = sum;
      for (let r = 0; r < rows; r++, p += step, q += step) {
        const v = v128.load(p);
        const d = v128.and(v128.load(q), f32x4.gt(fma(v, f, s), lower));
        sum = f32x4.add(sum, d);
        product = fma(d, f32x4.sub(v, m), product);
      }
      addSome(sums + c, sum, (step - c) >> 2);
      addSome(products + c, product, (step - c) >> 2);
    }
  }
  for (let c = 0; c < step; c += 4) store<f32>(products + c, load<f32>(products + c) * load<f32>(rate + c));
}

/**
 * Gradient of `groupNorm` for one image, from the sums of `groupNormSums`. With z the normalised value and d the gradient
 * before the ReLU it is rate · (d · scale − mean(d · scale) − z · mean(d · scale · z)). `means` holds 2 × (channels
 * rounded up to four) values.
 */
export function groupNormGradient(
  dy: usize, x: usize, pixels: i32, channels: i32, groups: i32, scale: usize, offset: usize, relu: i32, mean: usize,
  rate: usize, affine: usize, sums: usize, products: usize, means: usize, dx: usize,
): void {
  const count = <f32>groups / (<f32>pixels * <f32>channels);
  const step = channels * 4;
  const aligned = (step + 15) & ~15;
  const second = affine + aligned, slope = means, constant = means + aligned;
  listAffine(channels, scale, offset, mean, rate, affine);
  for (let c = 0; c < step; c += 4) {
    store<f32>(constant + c, load<f32>(sums + c) * load<f32>(scale + c));
    store<f32>(slope + c, load<f32>(products + c) * load<f32>(scale + c));
  }
  averageGroups(constant, channels, groups, count);
  averageGroups(slope, channels, groups, count);
  // dx = d · factor − (x · slope + constant)
  for (let c = 0; c < step; c += 4) {
    const r = load<f32>(rate + c);
    const k = r * r * load<f32>(slope + c);
    store<f32>(constant + c, r * load<f32>(constant + c) - load<f32>(mean + c) * k);
    store<f32>(slope + c, k);
  }
  const lower = f32x4.splat(relu ? 0 : -Infinity);
  for (let pixel = 0; pixel < pixels; pixel++, x += step, dy += step, dx += step) {
    for (let c = 0; c < step; c += 16) {
      const v = v128.load(x + c), f = v128.load(affine + c);
      const d = v128.and(v128.load(dy + c), f32x4.gt(fma(v, f, v128.load(second + c)), lower));
      const correction = fma(v, v128.load(slope + c), v128.load(constant + c));
      const g = f32x4.sub(f32x4.mul(d, f), correction);
      if (c + 16 <= step) v128.store(dx + c, g);
      else storeSome(dx + c, g, g, (step - c) >> 2);
    }
  }
}

/** Where the value `i` of `to` lies among `from` samples, between pixel centres. */
@inline
function place(i: i32, from: i32, to: i32): f32 {
  return max<f32>(<f32>((<f64>i + 0.5) * <f64>from / <f64>to - 0.5), 0);
}

/** to = a + t · (b − a), for `bytes` bytes. */
@inline
function blend(a: usize, b: usize, t: f32, to: usize, bytes: i32): void {
  const weightA: f32 = 1.0 - t;
  let i = 0;
  for (; i + 16 <= bytes; i += 16) {
    const v = f32x4.mul(v128.load(a + i), f32x4.splat(weightA));
    v128.store(to + i, fma(v128.load(b + i), f32x4.splat(t), v));
  }
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(a + i) * weightA + load<f32>(b + i) * t);
}

/** Bilinear resizing of one image between pixel centres; `row` has room for a row of the input. */
export function resize(
  x: usize, height: i32, width: i32, channels: i32, newHeight: i32, newWidth: i32, row: usize, y: usize,
): void {
  const pixel = channels * 4;
  for (let i = 0; i < newHeight; i++) {
    const py = place(i, height, newHeight);
    const y0 = min(<i32>py, height - 1), y1 = min(y0 + 1, height - 1);
    blend(x + y0 * width * pixel, x + y1 * width * pixel, py - <f32>y0, row, width * pixel);
    for (let j = 0; j < newWidth; j++, y += pixel) {
      const px = place(j, width, newWidth);
      const x0 = min(<i32>px, width - 1), x1 = min(x0 + 1, width - 1);
      blend(row + x0 * pixel, row + x1 * pixel, px - <f32>x0, y, pixel);
    }
  }
}

/** Gradient of `resize` for its image; expects `dx` to be zero. */
export function resizeGradient(
  dy: usize, newHeight: i32, newWidth: i32, channels: i32, height: i32, width: i32, row: usize, dx: usize,
): void {
  const pixel = channels * 4;
  for (let i = 0; i < newHeight; i++) {
    memory.fill(row, 0, width * pixel);
    for (let j = 0; j < newWidth; j++, dy += pixel) {
      const px = place(j, width, newWidth);
      const x0 = min(<i32>px, width - 1), x1 = min(x0 + 1, width - 1);
      addTimes(dy, <f32>1.0 - (px - <f32>x0), row + x0 * pixel, pixel);
      addTimes(dy, px - <f32>x0, row + x1 * pixel, pixel);
    }
    const py = place(i, height, newHeight);
    const y0 = min(<i32>py, height - 1), y1 = min(y0 + 1, height - 1);
    addTimes(row, <f32>1.0 - (py - <f32>y0), dx + y0 * width * pixel, width * pixel);
    addTimes(row, py - <f32>y0, dx + y1 * width * pixel, width * pixel);
  }
}
