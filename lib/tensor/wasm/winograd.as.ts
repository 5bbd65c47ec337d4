// asc: --importMemory --initialMemory 256
// @ts-nocheck: AssemblyScript
// deno-fmt-ignore-file
//
// Transforms of Winograd's minimal filtering F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2016): 2×2 outputs of a 3×3 convolution take 16 products instead of 36. With
//
//   Bᵀ = 1 0 −1  0   G =  1  0  0    Aᵀ = 1 1  1  0
//        0 1  1  0       ½  ½  ½         0 1 −1 −1
//        0 −1 1  0       ½ −½  ½
//        0 1  0 −1       0  0  1
//
// y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a filter g and the 4×4 inputs d of a tile, summed over channels before Aᵀ…A.
//
// Tiles are numbered row by row, `across` in a row. What a transform makes of them are 16 planes, `plane` bytes apart, of
// [tiles, channels] f32. Numbers of channels are multiples of 4; steps and offsets are in bytes.

@inline
function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

@inline
function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

@inline
function activate(v: v128, activation: i32): v128 {
  if (activation == 0) return v;
  v = f32x4.max(v, f32x4.splat(0));
  return activation == 1 ? v : f32x4.min(v, f32x4.splat(6));
}

@inline
function storeRow(to: usize, plane: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  v128.store(to, v0);
  v128.store(to + plane, v1);
  v128.store(to + 2 * plane, v2);
  v128.store(to + 3 * plane, v3);
}

@inline
function storeInputRow(to: usize, plane: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  storeRow(to, plane, sub(v0, v2), add(v1, v2), sub(v2, v1), sub(v1, v3));
}

/** Bᵀ d B of `count` tiles from the tile `first` on. */
export function transformInputs(
  image: usize, rowStep: i32, channels: i32, across: i32, first: i32, count: i32, planes: usize, plane: usize,
): void {
  const pixel: usize = channels * 4;
  for (let t = first; t < first + count; t++) {
    const tile = image + 2 * (t / across) * rowStep + 2 * (t % across) * pixel;
    for (let c: usize = 0; c < pixel; c += 16, planes += 16) {
      let p = tile + c;
      const d00 = v128.load(p), d01 = v128.load(p + pixel), d02 = v128.load(p + 2 * pixel), d03 = v128.load(p + 3 * pixel);
      p += rowStep;
      const d10 = v128.load(p), d11 = v128.load(p + pixel), d12 = v128.load(p + 2 * pixel), d13 = v128.load(p + 3 * pixel);
      p += rowStep;
      const d20 = v128.load(p), d21 = v128.load(p + pixel), d22 = v128.load(p + 2 * pixel), d23 = v128.load(p + 3 * pixel);
      storeInputRow(planes, plane, sub(d00, d20), sub(d01, d21), sub(d02, d22), sub(d03, d23));
      storeInputRow(planes + 4 * plane, plane, add(d10, d20), add(d11, d21), add(d12, d22), add(d13, d23));
      storeInputRow(planes + 8 * plane, plane, sub(d20, d10), sub(d21, d11), sub(d22, d12), sub(d23, d13));
      p += rowStep;
      const d30 = v128.load(p), d31 = v128.load(p + pixel), d32 = v128.load(p + 2 * pixel), d33 = v128.load(p + 3 * pixel);
      storeInputRow(planes + 12 * plane, plane, sub(d10, d30), sub(d11, d31), sub(d12, d32), sub(d13, d33));
    }
  }
}

@inline
function storeFilterRow(to: usize, plane: usize, v0: v128, v1: v128, v2: v128): void {
  const half = f32x4.splat(0.5), sum = f32x4.mul(add(v0, v2), half), middle = f32x4.mul(v1, half);
  storeRow(to, plane, v0, add(sum, middle), sub(sum, middle), v2);
}

/** G g Gᵀ of filters [3, 3, `size`]; a multiple of 4 of them. */
export function transformFilters(filters: usize, size: i32, planes: usize): void {
  const tap: usize = size * 4, plane = tap, half = f32x4.splat(0.5);
  for (let i: usize = 0; i < tap; i += 16, filters += 16, planes += 16) {
    const g00 = v128.load(filters), g01 = v128.load(filters + tap), g02 = v128.load(filters + 2 * tap);
    const g10 = v128.load(filters + 3 * tap), g11 = v128.load(filters + 4 * tap), g12 = v128.load(filters + 5 * tap);
    const g20 = v128.load(filters + 6 * tap), g21 = v128.load(filters + 7 * tap), g22 = v128.load(filters + 8 * tap);
    storeFilterRow(planes, plane, g00, g01, g02);
    const s0 = f32x4.mul(add(g00, g20), half), s1 = f32x4.mul(add(g01, g21), half), s2 = f32x4.mul(add(g02, g22), half);
    const m0 = f32x4.mul(g10, half), m1 = f32x4.mul(g11, half), m2 = f32x4.mul(g12, half);
    storeFilterRow(planes + 4 * plane, plane, add(s0, m0), add(s1, m1), add(s2, m2));
    storeFilterRow(planes + 8 * plane, plane, sub(s0, m0), sub(s1, m1), sub(s2, m2));
    storeFilterRow(planes + 12 * plane, plane, g20, g21, g22);
  }
}

/**
 * activation(Aᵀ m A + bias + addend) of `count` tiles from the tile `first` on, in an output image of `height` × `width`
 * pixels, which the last tiles may reach beyond. `bias` and `addend` (laid out as the output) may be 0.
 */
export function transformProducts(
  planes: usize, plane: usize, channels: i32, across: i32, first: i32, count: i32, bias: usize, addend: usize,
  activation: i32, output: usize, height: i32, width: i32,
): void {
  const pixel: usize = channels * 4, row: usize = width * pixel;
  for (let t = first; t < first + count; t++) {
    const y = 2 * (t / across), x = 2 * (t % across);
    const corner: usize = y * row + x * pixel;
    const below = y + 1 < height, right = x + 1 < width;
    for (let c: usize = 0; c < pixel; c += 16, planes += 16) {
      let p = planes;
      const m00 = v128.load(p), m01 = v128.load(p + plane), m02 = v128.load(p + 2 * plane), m03 = v128.load(p + 3 * plane);
      p += 4 * plane;
      const m10 = v128.load(p), m11 = v128.load(p + plane), m12 = v128.load(p + 2 * plane), m13 = v128.load(p + 3 * plane);
      p += 4 * plane;
      const m20 = v128.load(p), m21 = v128.load(p + plane), m22 = v128.load(p + 2 * plane), m23 = v128.load(p + 3 * plane);
      p += 4 * plane;
      const m30 = v128.load(p), m31 = v128.load(p + plane), m32 = v128.load(p + 2 * plane), m33 = v128.load(p + 3 * plane);
      const b = bias ? v128.load(bias + c) : f32x4.splat(0);
      const s0 = add(add(m00, m10), m20), s1 = add(add(m01, m11), m21);
      const s2 = add(add(m02, m12), m22), s3 = add(add(m03, m13), m23);
      const place = corner + c;
      finish(place, add(add(add(s0, s1), s2), b), addend, activation, output);
      if (right) finish(place + pixel, add(sub(sub(s1, s2), s3), b), addend, activation, output);
      if (!below) continue;
      const d0 = sub(sub(m10, m20), m30), d1 = sub(sub(m11, m21), m31);
      const d2 = sub(sub(m12, m22), m32), d3 = sub(sub(m13, m23), m33);
      finish(place + row, add(add(add(d0, d1), d2), b), addend, activation, output);
      if (right) finish(place + row + pixel, add(sub(sub(d1, d2), d3), b), addend, activation, output);
    }
  }
}

@inline
function finish(place: usize, v: v128, addend: usize, activation: i32, output: usize): void {
  if (addend) v = add(v, v128.load(addend + place));
  v128.store(output + place, activate(v, activation));
}

@inline
function storeGradientRow(to: usize, plane: usize, v0: v128, v1: v128): void {
  storeRow(to, plane, v0, add(v0, v1), sub(v0, v1), f32x4.neg(v1));
}

/** A dy Aᵀ of `count` tiles from the tile `first` on. */
export function transformGradients(
  image: usize, rowStep: i32, channels: i32, across: i32, first: i32, count: i32, planes: usize, plane: usize,
): void {
  const pixel: usize = channels * 4;
  for (let t = first; t < first + count; t++) {
    const tile = image + 2 * (t / across) * rowStep + 2 * (t % across) * pixel;
    for (let c: usize = 0; c < pixel; c += 16, planes += 16) {
      const p = tile + c, q = p + rowStep;
      const y00 = v128.load(p), y01 = v128.load(p + pixel), y10 = v128.load(q), y11 = v128.load(q + pixel);
      storeGradientRow(planes, plane, y00, y01);
      storeGradientRow(planes + 4 * plane, plane, add(y00, y10), add(y01, y11));
      storeGradientRow(planes + 8 * plane, plane, sub(y00, y10), sub(y01, y11));
      storeGradientRow(planes + 12 * plane, plane, f32x4.neg(y10), f32x4.neg(y11));
    }
  }
}

@inline
function storeTaps(to: usize, tap: usize, v0: v128, v1: v128, v2: v128, v3: v128): void {
  const half = f32x4.splat(0.5), sum = f32x4.mul(add(v1, v2), half);
  v128.store(to, add(v0, sum));
  v128.store(to + tap, f32x4.mul(sub(v1, v2), half));
  v128.store(to + 2 * tap, add(sum, v3));
}

/** Gᵀ m G: gradients of filters [3, 3, `size`] from those of what `transformFilters` makes of them. */
export function transformFilterGradients(planes: usize, size: i32, filters: usize): void {
  const tap: usize = size * 4, plane = tap, half = f32x4.splat(0.5);
  for (let i: usize = 0; i < tap; i += 16, filters += 16, planes += 16) {
    let p = planes;
    const m00 = v128.load(p), m01 = v128.load(p + plane), m02 = v128.load(p + 2 * plane), m03 = v128.load(p + 3 * plane);
    p += 4 * plane;
    const m10 = v128.load(p), m11 = v128.load(p + plane), m12 = v128.load(p + 2 * plane), m13 = v128.load(p + 3 * plane);
    p += 4 * plane;
    const m20 = v128.load(p), m21 = v128.load(p + plane), m22 = v128.load(p + 2 * plane), m23 = v128.load(p + 3 * plane);
    p += 4 * plane;
    const m30 = v128.load(p), m31 = v128.load(p + plane), m32 = v128.load(p + 2 * plane), m33 = v128.load(p + 3 * plane);
    const s0 = f32x4.mul(add(m10, m20), half), s1 = f32x4.mul(add(m11, m21), half);
    const s2 = f32x4.mul(add(m12, m22), half), s3 = f32x4.mul(add(m13, m23), half);
    storeTaps(filters, tap, add(m00, s0), add(m01, s1), add(m02, s2), add(m03, s3));
    storeTaps(
      filters + 3 * tap,
      tap,
      f32x4.mul(sub(m10, m20), half),
      f32x4.mul(sub(m11, m21), half),
      f32x4.mul(sub(m12, m22), half),
      f32x4.mul(sub(m13, m23), half),
    );
    storeTaps(filters + 6 * tap, tap, add(s0, m30), add(s1, m31), add(s2, m32), add(s3, m33));
  }
}
