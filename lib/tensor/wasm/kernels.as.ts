// asc: --importMemory --initialMemory 256
// @ts-nocheck: AssemblyScript
//
// Kernels that work on the memory of tfjs's wasm backend: tensors are addressed where they lie, nothing is copied.
// The memory starts with 256 pages there; saying so spares half of the bounds checks.
//
// Images are [H, W, C], filters [KH, KW, C, OC], all f32. Steps and offsets are in bytes, lengths in floats.
// Loads may run up to 28 bytes past the end of a tensor (never past its allocation's footer); what they
// find there only reaches lanes that are not stored.

function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** Lanes moved down by one: (a, b, c, d) → (b, c, d, a). */

function rotate(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 1, 2, 3, 0);
}

function activate(v: v128, activation: i32): v128 {
  if (activation == 0) return v;
  v = f32x4.max(v, f32x4.splat(0));
  return activation == 1 ? v : f32x4.min(v, f32x4.splat(6));
}

/**
 * Copies the window of `height` × `width` pixels whose top left corner lies at (`top`, `left`) of an image, with zeros
 * where it reaches beyond the image. `pixel` is the size of a pixel in bytes.
 */
export function copyWindow(
  image: usize,
  imageHeight: i32,
  imageWidth: i32,
  pixel: i32,
  window: usize,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
): void {
  const x0 = min(max(0, -left), width);
  const x1 = max(x0, min(width, imageWidth - left));
  for (let y = 0; y < height; y++, window += width * pixel) {
    const row = y + top;
    if (row < 0 || row >= imageHeight) {
      memory.fill(window, 0, width * pixel);
    } else {
      memory.fill(window, 0, x0 * pixel);
      memory.copy(window + x0 * pixel, image + (row * imageWidth + left + x0) * pixel, (x1 - x0) * pixel);
      memory.fill(window + x1 * pixel, 0, (width - x1) * pixel);
    }
  }
}

/** The inverse of `copyWindow`: copies the part of a window that lies inside the image back into it. */
export function copyWindowBack(
  image: usize,
  imageHeight: i32,
  imageWidth: i32,
  pixel: i32,
  window: usize,
  top: i32,
  left: i32,
  height: i32,
  width: i32,
): void {
  const x0 = min(max(0, -left), width);
  const x1 = max(x0, min(width, imageWidth - left));
  for (let y = max(0, -top); y < min(height, imageHeight - top); y++) {
    memory.copy(
      image + ((y + top) * imageWidth + left + x0) * pixel,
      window + (y * width + x0) * pixel,
      (x1 - x0) * pixel,
    );
  }
}

/** The lanes of four vectors, one after the other, each from the vector after the one before: rows become diagonals. */

function storeDiagonals(to: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  v128.store(to, diagonal(r0, r1, r2, r3));
  v128.store(to, diagonal(r1, r2, r3, r0), 32);
  v128.store(to, diagonal(r2, r3, r0, r1), 64);
  v128.store(to, diagonal(r3, r0, r1, r2), 96);
}

function diagonal(r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  return v128.shuffle<f32>(v128.shuffle<f32>(r0, r1, 0, 5, 0, 5), v128.shuffle<f32>(r2, r3, 2, 7, 2, 7), 0, 1, 4, 5);
}

/** As `storeDiagonals`, of the transposed matrix: columns are given. */

function storeTurned(to: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  v128.store(
    to,
    v128.shuffle<f32>(v128.shuffle<f32>(c0, c1, 0, 5, 0, 5), v128.shuffle<f32>(c2, c3, 2, 7, 2, 7), 0, 1, 4, 5),
  );
  v128.store(
    to,
    v128.shuffle<f32>(v128.shuffle<f32>(c0, c1, 1, 6, 1, 6), v128.shuffle<f32>(c2, c3, 3, 4, 3, 4), 0, 1, 4, 5),
    32,
  );
  v128.store(
    to,
    v128.shuffle<f32>(v128.shuffle<f32>(c0, c1, 2, 7, 2, 7), v128.shuffle<f32>(c2, c3, 0, 5, 0, 5), 0, 1, 4, 5),
    64,
  );
  v128.store(
    to,
    v128.shuffle<f32>(v128.shuffle<f32>(c0, c1, 3, 4, 3, 4), v128.shuffle<f32>(c2, c3, 1, 6, 1, 6), 0, 1, 4, 5),
    96,
  );
}

/**
 * Packs one run of `length` rows of a matrix with `outputs` columns for `convolve`: panels of eight columns. Four
 * consecutive rows are stored so that, when four inputs are multiplied lane by lane and rotated between, each lane
 * meets its own row. `depth` is the number of rows of all runs, `before` of the runs already packed.
 */
export function pack(
  matrix: usize,
  rowStep: i32,
  columnStep: i32,
  length: i32,
  outputs: i32,
  packed: usize,
  depth: i32,
  before: i32,
): void {
  for (let n = 0; n < outputs; n += 8, matrix += 8 * columnStep) {
    let p = packed + <usize> ((n * depth + before * 8) * 4);
    let k = 0;
    for (; k + 4 <= length; k += 4, p += 128) {
      const corner = matrix + k * rowStep;
      if (n + 8 > outputs) {
        for (let i = 0; i < 32; i++) {
          const lane = i & 7, row = ((i >> 3) + lane) & 3;
          store<f32>(p + i * 4, n + lane < outputs ? load<f32>(corner + row * rowStep + lane * columnStep) : 0);
        }
      } else if (columnStep == 4) {
        for (let half = 0; half < 32; half += 16) {
          const r = corner + half;
          storeDiagonals(
            p + half,
            v128.load(r),
            v128.load(r + rowStep),
            v128.load(r + 2 * rowStep),
            v128.load(r + 3 * rowStep),
          );
        }
      } else if (rowStep == 4) {
        for (let half = 0; half < 2; half++) {
          const c = corner + half * 4 * columnStep;
          storeTurned(
            p + half * 16,
            v128.load(c),
            v128.load(c + columnStep),
            v128.load(c + 2 * columnStep),
            v128.load(c + 3 * columnStep),
          );
        }
      } else {
        unreachable();
      }
    }
    for (; k < length; k++) {
      for (let lane = 0; lane < 8; lane++, p += 4) {
        store<f32>(p, n + lane < outputs ? load<f32>(matrix + k * rowStep + lane * columnStep) : 0);
      }
    }
  }
}

/**
 * Lists where the input and the output of every pixel lie: pairs of offsets, filled up to a multiple of six with
 * repetitions of the last pixel.
 */
export function listPixels(
  table: usize,
  height: i32,
  width: i32,
  inputRowStep: i32,
  inputPixelStep: i32,
  outputRowStep: i32,
  outputPixelStep: i32,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, table += 8) {
      store<i32>(table, y * inputRowStep + x * inputPixelStep);
      store<i32>(table, y * outputRowStep + x * outputPixelStep, 4);
    }
  }
  for (let rest = (height * width) % 6; rest > 0 && rest < 6; rest++, table += 8) {
    store<u64>(table, load<u64>(table - 8));
  }
}

function storeSome(to: usize, v0: v128, v1: v128, count: i32): void {
  v128.store32_lane(to, v0, 0);
  if (count > 1) v128.store32_lane(to, v0, 1, 4);
  if (count > 2) v128.store32_lane(to, v0, 2, 8);
  if (count > 3) v128.store32_lane(to, v0, 3, 12);
  if (count > 4) v128.store32_lane(to, v1, 0, 16);
  if (count > 5) v128.store32_lane(to, v1, 1, 20);
  if (count > 6) v128.store32_lane(to, v1, 2, 24);
}

function finish(offset: usize, v0: v128, v1: v128, output: usize, addend: usize, activation: i32, count: i32): void {
  if (addend) {
    v0 = f32x4.add(v0, v128.load(addend + offset));
    v1 = f32x4.add(v1, v128.load(addend + offset, 16));
  }
  v0 = activate(v0, activation);
  v1 = activate(v1, activation);
  if (count >= 8) {
    v128.store(output + offset, v0);
    v128.store(output + offset, v1, 16);
  } else {
    storeSome(output + offset, v0, v1, count);
  }
}

/**
 * Convolution of one image as a matrix product: every pixel of `table` becomes activation(Σ input · filter + bias +
 * addend). A pixel's inputs are `tapRows` × `tapColumns` runs of `length` consecutive floats. `bias` and `addend` (laid
 * out as the output) may be 0; `activation` is 0, 1 (ReLU) or 2 (ReLU6).
 *
 * Six pixels × eight channels at a time: twelve accumulators. Loading four inputs of a pixel at once and rotating
 * them, instead of broadcasting one by one, matters because every load is bounds-checked.
 */
export function convolve(
  input: usize,
  table: usize,
  pixels: i32,
  packed: usize,
  tapRows: i32,
  tapRowStep: i32,
  tapColumns: i32,
  tapColumnStep: i32,
  length: i32,
  outputs: i32,
  bias: usize,
  addend: usize,
  activation: i32,
  output: usize,
): void {
  const panel = <usize> (tapRows * tapColumns * length * 32);
  const columnSkip = tapColumnStep - length * 4;
  const rowSkip = tapRowStep - tapColumns * tapColumnStep;
  for (let n = 0; n < outputs; n += 8) {
    const bias0 = bias ? v128.load(bias, 0) : f32x4.splat(0);
    const bias1 = bias ? v128.load(bias, 16) : f32x4.splat(0);
    let entry = table;
    for (let pixel = 0; pixel < pixels; pixel += 6, entry += 48) {
      let b = packed;
      let p0 = input + load<u32>(entry), p1 = input + load<u32>(entry, 8), p2 = input + load<u32>(entry, 16);
      let p3 = input + load<u32>(entry, 24), p4 = input + load<u32>(entry, 32), p5 = input + load<u32>(entry, 40);
      let c00 = bias0, c10 = bias0, c20 = bias0, c30 = bias0, c40 = bias0, c50 = bias0;
      let c01 = bias1, c11 = bias1, c21 = bias1, c31 = bias1, c41 = bias1, c51 = bias1;
      for (let r = 0; r < tapRows; r++) {
        for (let c = 0; c < tapColumns; c++) {
          let k = length;
          for (; k >= 4; k -= 4) {
            let a0 = v128.load(p0), a1 = v128.load(p1), a2 = v128.load(p2);
            let a3 = v128.load(p3), a4 = v128.load(p4), a5 = v128.load(p5);
            let b0 = v128.load(b), b1 = v128.load(b, 16);
            c00 = fma(a0, b0, c00), c01 = fma(a0, b1, c01), a0 = rotate(a0);
            c10 = fma(a1, b0, c10), c11 = fma(a1, b1, c11), a1 = rotate(a1);
            c20 = fma(a2, b0, c20), c21 = fma(a2, b1, c21), a2 = rotate(a2);
            c30 = fma(a3, b0, c30), c31 = fma(a3, b1, c31), a3 = rotate(a3);
            c40 = fma(a4, b0, c40), c41 = fma(a4, b1, c41), a4 = rotate(a4);
            c50 = fma(a5, b0, c50), c51 = fma(a5, b1, c51), a5 = rotate(a5);
            b0 = v128.load(b, 32), b1 = v128.load(b, 48);
            c00 = fma(a0, b0, c00), c01 = fma(a0, b1, c01), a0 = rotate(a0);
            c10 = fma(a1, b0, c10), c11 = fma(a1, b1, c11), a1 = rotate(a1);
            c20 = fma(a2, b0, c20), c21 = fma(a2, b1, c21), a2 = rotate(a2);
            c30 = fma(a3, b0, c30), c31 = fma(a3, b1, c31), a3 = rotate(a3);
            c40 = fma(a4, b0, c40), c41 = fma(a4, b1, c41), a4 = rotate(a4);
            c50 = fma(a5, b0, c50), c51 = fma(a5, b1, c51), a5 = rotate(a5);
            b0 = v128.load(b, 64), b1 = v128.load(b, 80);
            c00 = fma(a0, b0, c00), c01 = fma(a0, b1, c01), a0 = rotate(a0);
            c10 = fma(a1, b0, c10), c11 = fma(a1, b1, c11), a1 = rotate(a1);
            c20 = fma(a2, b0, c20), c21 = fma(a2, b1, c21), a2 = rotate(a2);
            c30 = fma(a3, b0, c30), c31 = fma(a3, b1, c31), a3 = rotate(a3);
            c40 = fma(a4, b0, c40), c41 = fma(a4, b1, c41), a4 = rotate(a4);
            c50 = fma(a5, b0, c50), c51 = fma(a5, b1, c51), a5 = rotate(a5);
            b0 = v128.load(b, 96), b1 = v128.load(b, 112);
            c00 = fma(a0, b0, c00), c01 = fma(a0, b1, c01);
            c10 = fma(a1, b0, c10), c11 = fma(a1, b1, c11);
            c20 = fma(a2, b0, c20), c21 = fma(a2, b1, c21);
            c30 = fma(a3, b0, c30), c31 = fma(a3, b1, c31);
            c40 = fma(a4, b0, c40), c41 = fma(a4, b1, c41);
            c50 = fma(a5, b0, c50), c51 = fma(a5, b1, c51);
            b += 128;
            p0 += 16, p1 += 16, p2 += 16, p3 += 16, p4 += 16, p5 += 16;
          }
          for (; k > 0; k--) {
            const b0 = v128.load(b), b1 = v128.load(b, 16);
            let a = v128.load32_splat(p0);
            c00 = fma(a, b0, c00), c01 = fma(a, b1, c01);
            a = v128.load32_splat(p1);
            c10 = fma(a, b0, c10), c11 = fma(a, b1, c11);
            a = v128.load32_splat(p2);
            c20 = fma(a, b0, c20), c21 = fma(a, b1, c21);
            a = v128.load32_splat(p3);
            c30 = fma(a, b0, c30), c31 = fma(a, b1, c31);
            a = v128.load32_splat(p4);
            c40 = fma(a, b0, c40), c41 = fma(a, b1, c41);
            a = v128.load32_splat(p5);
            c50 = fma(a, b0, c50), c51 = fma(a, b1, c51);
            b += 32;
            p0 += 4, p1 += 4, p2 += 4, p3 += 4, p4 += 4, p5 += 4;
          }
          p0 += columnSkip, p1 += columnSkip, p2 += columnSkip;
          p3 += columnSkip, p4 += columnSkip, p5 += columnSkip;
        }
        p0 += rowSkip, p1 += rowSkip, p2 += rowSkip, p3 += rowSkip, p4 += rowSkip, p5 += rowSkip;
      }
      const count = outputs - n;
      finish(load<u32>(entry, 4), c00, c01, output, addend, activation, count);
      finish(load<u32>(entry, 12), c10, c11, output, addend, activation, count);
      finish(load<u32>(entry, 20), c20, c21, output, addend, activation, count);
      finish(load<u32>(entry, 28), c30, c31, output, addend, activation, count);
      finish(load<u32>(entry, 36), c40, c41, output, addend, activation, count);
      finish(load<u32>(entry, 44), c50, c51, output, addend, activation, count);
    }
    packed += panel;
    output += 32;
    if (bias) bias += 32;
    if (addend) addend += 32;
  }
}

/** Adds Σ aᵀ·b over `rows` × `columns` pixels to `sums`, for `m` channels of a and `n` of b, in tiles of 4 × 8. */
function addBlock(
  a: usize,
  aRowStep: i32,
  aPixelStep: i32,
  b: usize,
  bRowStep: i32,
  bPixelStep: i32,
  rows: i32,
  columns: i32,
  m: i32,
  n: i32,
  sums: usize,
): void {
  const aSkip = aRowStep - columns * aPixelStep;
  const bSkip = bRowStep - columns * bPixelStep;
  for (let j = 0; j < n; j += 8) {
    for (let i = 0; i < m; i += 4, sums += 128) {
      let p = a + i * 4;
      let q = b + j * 4;
      let c00 = v128.load(sums), c01 = v128.load(sums, 16);
      let c10 = v128.load(sums, 32), c11 = v128.load(sums, 48);
      let c20 = v128.load(sums, 64), c21 = v128.load(sums, 80);
      let c30 = v128.load(sums, 96), c31 = v128.load(sums, 112);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const b0 = v128.load(q), b1 = v128.load(q, 16);
          let s = v128.load(p);
          c00 = fma(s, b0, c00), c01 = fma(s, b1, c01), s = rotate(s);
          c10 = fma(s, b0, c10), c11 = fma(s, b1, c11), s = rotate(s);
          c20 = fma(s, b0, c20), c21 = fma(s, b1, c21), s = rotate(s);
          c30 = fma(s, b0, c30), c31 = fma(s, b1, c31);
          p += aPixelStep, q += bPixelStep;
        }
        p += aSkip, q += bSkip;
      }
      v128.store(sums, c00), v128.store(sums, c01, 16);
      v128.store(sums, c10, 32), v128.store(sums, c11, 48);
      v128.store(sums, c20, 64), v128.store(sums, c21, 80);
      v128.store(sums, c30, 96), v128.store(sums, c31, 112);
    }
  }
}

/**
 * Adds the gradient of a convolution of one image for its filter to `sums`: for each of `tapRows` × `tapColumns` runs of
 * `m` consecutive input floats, Σ inputᵀ · dy over all pixels. `sums` holds tiles in the order in which they
 * accumulate; `readProducts` puts those of a run into rows. All runs pass over `block` rows of pixels while these are in
 * the cache.
 */
export function addProducts(
  input: usize,
  inputRowStep: i32,
  inputPixelStep: i32,
  dy: usize,
  dyRowStep: i32,
  dyPixelStep: i32,
  rows: i32,
  columns: i32,
  block: i32,
  m: i32,
  n: i32,
  tapRows: i32,
  tapRowStep: i32,
  tapColumns: i32,
  tapColumnStep: i32,
  sums: usize,
): void {
  const tile = <usize> (((m + 3) >> 2) * ((n + 7) >> 3) * 128);
  for (let row = 0; row < rows; row += block, input += block * inputRowStep, dy += block * dyRowStep) {
    let sum = sums;
    for (let r = 0; r < tapRows; r++) {
      for (let t = 0; t < tapColumns; t++, sum += tile) {
        const a = input + (r * tapRowStep + t * tapColumnStep);
        addBlock(
          a,
          inputRowStep,
          inputPixelStep,
          dy,
          dyRowStep,
          dyPixelStep,
          min(block, rows - row),
          columns,
          m,
          n,
          sum,
        );
      }
    }
  }
}

/** Puts the tiles of `addProducts` into an [m, n] matrix. */
export function readProducts(sums: usize, m: i32, n: i32, matrix: usize): void {
  for (let j = 0; j < n; j += 8) {
    for (let i = 0; i < m; i += 4, sums += 128) {
      for (let turn = 0; turn < 4; turn++) {
        for (let lane = 0; lane < 8; lane++) {
          const row = i + ((lane + turn) & 3);
          const column = j + lane;
          if (row < m && column < n) {
            store<f32>(matrix + (row * n + column) * 4, load<f32>(sums + (turn * 8 + lane) * 4));
          }
        }
      }
    }
  }
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

/** Gradient before ReLU (`six` = 0) or ReLU6 (1), from the gradient after it and its output. */
export function rectifierGradient(dy: usize, y: usize, length: i32, six: i32, dx: usize): void {
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

/** Maxima over the windows of one image; what a window has outside the image does not count. */
export function maxPool(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
  outputHeight: i32,
  outputWidth: i32,
  output: usize,
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
  dy: usize,
  image: usize,
  output: usize,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
  outputHeight: i32,
  outputWidth: i32,
  dx: usize,
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

/** Adds the gradient of a depthwise convolution of one padded image for its filter [KH, KW, C] to `sums`. */
export function addDepthwiseProducts(
  input: usize,
  inputRowStep: i32,
  inputPixelStep: i32,
  dy: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  tapRows: i32,
  tapRowStep: i32,
  tapColumns: i32,
  tapColumnStep: i32,
  sums: usize,
): void {
  const pixel = channels * 4;
  for (let y = 0; y < rows; y++, input += inputRowStep, dy += columns * pixel) {
    let sum = sums;
    for (let r = 0; r < tapRows; r++) {
      for (let t = 0; t < tapColumns; t++, sum += pixel) {
        const tap = input + (r * tapRowStep + t * tapColumnStep);
        for (let c = 0; c < pixel; c += 16) {
          let p = tap + c, q = dy + c;
          let s0 = v128.load(sum + c), s1 = f32x4.splat(0), s2 = s1, s3 = s1;
          let x = 0;
          for (; x + 4 <= columns; x += 4, p += 4 * inputPixelStep, q += 4 * pixel) {
            s0 = fma(v128.load(p), v128.load(q), s0);
            s1 = fma(v128.load(p + inputPixelStep), v128.load(q + pixel), s1);
            s2 = fma(v128.load(p + 2 * inputPixelStep), v128.load(q + 2 * pixel), s2);
            s3 = fma(v128.load(p + 3 * inputPixelStep), v128.load(q + 3 * pixel), s3);
          }
          for (; x < columns; x++, p += inputPixelStep, q += pixel) s0 = fma(v128.load(p), v128.load(q), s0);
          s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
          if (c + 16 <= pixel) v128.store(sum + c, s0);
          else storeSome(sum + c, s0, s0, (pixel - c) >> 2);
        }
      }
    }
  }
}

/** Adds the gradient of a depthwise convolution for its padded input image to `dx`. */
export function addDepthwiseInput(
  dy: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  filter: usize,
  tapRows: i32,
  tapRowStep: i32,
  tapColumns: i32,
  tapColumnStep: i32,
  dx: usize,
  dxRowStep: i32,
  dxPixelStep: i32,
): void {
  const pixel = channels * 4;
  for (let y = 0; y < rows; y++, dx += dxRowStep) {
    for (let x = 0; x < columns; x++, dy += pixel) {
      let w = filter;
      for (let r = 0; r < tapRows; r++) {
        for (let t = 0; t < tapColumns; t++, w += pixel) {
          const p = dx + (x * dxPixelStep + r * tapRowStep + t * tapColumnStep);
          let c = 0;
          for (; c + 16 <= pixel; c += 16) {
            v128.store(p + c, fma(v128.load(dy + c), v128.load(w + c), v128.load(p + c)));
          }
          for (; c < pixel; c += 4) store<f32>(p + c, load<f32>(p + c) + load<f32>(dy + c) * load<f32>(w + c));
        }
      }
    }
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

/** Products of `batch` vectors [k] with matrices [k, n], which lie the given number of bytes apart. */
export function multiplyVectors(
  vector: usize,
  vectorStep: i32,
  matrix: usize,
  matrixStep: i32,
  batch: i32,
  k: i32,
  n: i32,
  product: usize,
): void {
  const row = n * 4;
  for (let i = 0; i < batch; i++, vector += vectorStep, matrix += matrixStep, product += row) {
    for (let c = 0; c < n; c += 8) {
      let p = matrix + c * 4;
      let s0 = f32x4.splat(0), s1 = s0;
      for (let j = 0; j < k; j++, p += row) {
        const a = v128.load32_splat(vector + j * 4);
        s0 = fma(a, v128.load(p), s0);
        s1 = fma(a, v128.load(p, 16), s1);
      }
      if (c + 8 <= n) {
        v128.store(product + c * 4, s0);
        v128.store(product + c * 4, s1, 16);
      } else {
        storeSome(product + c * 4, s0, s1, n - c);
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

function addSome(to: usize, v: v128, count: i32): void {
  v = f32x4.add(v128.load(to), v);
  if (count >= 4) v128.store(to, v);
  else storeSome(to, v, v, count);
}

/**
 * Group normalisation of one image [pixels, channels], with ReLU where `relu` is 1. Leaves `mean` and `rate`
 * (1 / deviation) of each channel's group, and in `affine` the factor and the summand of each channel, 2 × (channels
 * rounded up to four).
 */
export function groupNorm(
  x: usize,
  pixels: i32,
  channels: i32,
  groups: i32,
  scale: usize,
  offset: usize,
  epsilon: f32,
  relu: i32,
  mean: usize,
  rate: usize,
  affine: usize,
  y: usize,
): void {
  const count = <f32> groups / (<f32> pixels * <f32> channels);
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
 * Sums over one image that gradients of `groupNorm` are made of, for each channel: of the gradient d before the ReLU, and
 * of d times the normalised value. Leaves `affine` as `groupNorm` does.
 */
export function groupNormSums(
  dy: usize,
  x: usize,
  pixels: i32,
  channels: i32,
  scale: usize,
  offset: usize,
  relu: i32,
  mean: usize,
  rate: usize,
  affine: usize,
  sums: usize,
  products: usize,
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
  dy: usize,
  x: usize,
  pixels: i32,
  channels: i32,
  groups: i32,
  scale: usize,
  offset: usize,
  relu: i32,
  mean: usize,
  rate: usize,
  affine: usize,
  sums: usize,
  products: usize,
  means: usize,
  dx: usize,
): void {
  const count = <f32> groups / (<f32> pixels * <f32> channels);
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

function place(i: i32, from: i32, to: i32): f32 {
  return max<f32>(<f32> ((<f64> i + 0.5) * <f64> from / <f64> to - 0.5), 0);
}

/** to = a + t · (b − a), for `bytes` bytes. */

function blend(a: usize, b: usize, t: f32, to: usize, bytes: i32): void {
  const weightA: f32 = 1.0 - t;
  let i = 0;
  for (; i + 16 <= bytes; i += 16) {
    const v = f32x4.mul(v128.load(a + i), f32x4.splat(weightA));
    v128.store(to + i, fma(v128.load(b + i), f32x4.splat(t), v));
  }
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(a + i) * weightA + load<f32>(b + i) * t);
}

/** to += t · from, for `bytes` bytes. */

function addTimes(from: usize, t: f32, to: usize, bytes: i32): void {
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, fma(v128.load(from + i), f32x4.splat(t), v128.load(to + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i) * t);
}

/** Bilinear resizing of one image between pixel centres; `row` has room for a row of the input. */
export function resize(
  x: usize,
  height: i32,
  width: i32,
  channels: i32,
  newHeight: i32,
  newWidth: i32,
  row: usize,
  y: usize,
): void {
  const pixel = channels * 4;
  for (let i = 0; i < newHeight; i++) {
    const py = place(i, height, newHeight);
    const y0 = min(<i32> py, height - 1), y1 = min(y0 + 1, height - 1);
    blend(x + y0 * width * pixel, x + y1 * width * pixel, py - <f32> y0, row, width * pixel);
    for (let j = 0; j < newWidth; j++, y += pixel) {
      const px = place(j, width, newWidth);
      const x0 = min(<i32> px, width - 1), x1 = min(x0 + 1, width - 1);
      blend(row + x0 * pixel, row + x1 * pixel, px - <f32> x0, y, pixel);
    }
  }
}

/** Gradient of `resize` for its image; expects `dx` to be zero. */
export function resizeGradient(
  dy: usize,
  newHeight: i32,
  newWidth: i32,
  channels: i32,
  height: i32,
  width: i32,
  row: usize,
  dx: usize,
): void {
  const pixel = channels * 4;
  for (let i = 0; i < newHeight; i++) {
    memory.fill(row, 0, width * pixel);
    for (let j = 0; j < newWidth; j++, dy += pixel) {
      const px = place(j, width, newWidth);
      const x0 = min(<i32> px, width - 1), x1 = min(x0 + 1, width - 1);
      addTimes(dy, <f32> 1.0 - (px - <f32> x0), row + x0 * pixel, pixel);
      addTimes(dy, px - <f32> x0, row + x1 * pixel, pixel);
    }
    const py = place(i, height, newHeight);
    const y0 = min(<i32> py, height - 1), y1 = min(y0 + 1, height - 1);
    addTimes(row, <f32> 1.0 - (py - <f32> y0), dx + y0 * width * pixel, width * pixel);
    addTimes(row, py - <f32> y0, dx + y1 * width * pixel, width * pixel);
  }
}

/** Gradient of an average pool of one image, whose windows count only what lies inside it. Expects `dx` to be zero. */
export function averagePoolGradient(
  dy: usize,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  strideY: i32,
  strideX: i32,
  top: i32,
  left: i32,
  outputHeight: i32,
  outputWidth: i32,
  dx: usize,
): void {
  const pixel = channels * 4;
  for (let oy = 0; oy < outputHeight; oy++) {
    const y0 = max(0, oy * strideY - top), y1 = min(height, oy * strideY - top + windowHeight);
    for (let ox = 0; ox < outputWidth; ox++, dy += pixel) {
      const x0 = max(0, ox * strideX - left), x1 = min(width, ox * strideX - left + windowWidth);
      const share: f32 = <f32> 1 / <f32> ((y1 - y0) * (x1 - x0));
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) addTimes(dy, share, dx + (y * width + x) * pixel, pixel);
      }
    }
  }
}
