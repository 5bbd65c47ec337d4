// asc: --importMemory --initialMemory 256
// @ts-nocheck: AssemblyScript
// deno-fmt-ignore-file
//
// Convolutions and matrix products on the memory of tfjs's wasm backend: tensors are addressed where they lie, nothing is
// copied. That memory has at least 256 pages; saying so spares half of the bounds checks.
//
// Images are [H, W, C], filters [KH, KW, C, D], all f32. Steps and offsets are in bytes, lengths in floats. Loads may run
// up to 28 bytes past the end of a tensor (never past the footer of its allocation); what they find there only reaches
// lanes that are not stored.

@inline
function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.relaxed_madd(a, b, c);
}

/** Lanes moved down by one: (a, b, c, d) → (b, c, d, a). */
@inline
function rotate(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 1, 2, 3, 0);
}

@inline
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
  image: usize, imageHeight: i32, imageWidth: i32, pixel: i32, window: usize, top: i32, left: i32, height: i32,
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
  image: usize, imageHeight: i32, imageWidth: i32, pixel: i32, window: usize, top: i32, left: i32, height: i32,
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

@inline
function diagonal(r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  return v128.shuffle<f32>(v128.shuffle<f32>(r0, r1, 0, 5, 0, 5), v128.shuffle<f32>(r2, r3, 2, 7, 2, 7), 0, 1, 4, 5);
}

/** The lanes of four vectors, one after the other, each from the vector after the one before: rows become diagonals. */
@inline
function storeDiagonals(to: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  v128.store(to, diagonal(r0, r1, r2, r3));
  v128.store(to, diagonal(r1, r2, r3, r0), 32);
  v128.store(to, diagonal(r2, r3, r0, r1), 64);
  v128.store(to, diagonal(r3, r0, r1, r2), 96);
}

/** As `storeDiagonals`, where the columns are given. */
@inline
function storeDiagonalsOfColumns(to: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  const a = v128.shuffle<f32>(c0, c1, 0, 4, 1, 5), b = v128.shuffle<f32>(c0, c1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(c2, c3, 0, 4, 1, 5), d = v128.shuffle<f32>(c2, c3, 2, 6, 3, 7);
  const r0 = v128.shuffle<f32>(a, c, 0, 1, 4, 5), r1 = v128.shuffle<f32>(a, c, 2, 3, 6, 7);
  const r2 = v128.shuffle<f32>(b, d, 0, 1, 4, 5), r3 = v128.shuffle<f32>(b, d, 2, 3, 6, 7);
  storeDiagonals(to, r0, r1, r2, r3);
}

/**
 * Packs one run of `length` rows of a matrix with `outputs` columns for `convolve`: panels of eight columns. Four
 * consecutive rows are stored so that, when four inputs are multiplied lane by lane and rotated between, each lane
 * meets its own row. `depth` is the number of rows of all runs, `before` of the runs already packed.
 */
export function pack(
  matrix: usize, rowStep: i32, columnStep: i32, length: i32, outputs: i32, packed: usize, depth: i32, before: i32,
): void {
  for (let n = 0; n < outputs; n += 8, matrix += 8 * columnStep) {
    let p = packed + <usize>((n * depth + before * 8) * 4);
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
          const r0 = v128.load(r), r1 = v128.load(r + rowStep);
          const r2 = v128.load(r + 2 * rowStep), r3 = v128.load(r + 3 * rowStep);
          storeDiagonals(p + half, r0, r1, r2, r3);
        }
      } else if (rowStep == 4) {
        for (let half = 0; half < 2; half++) {
          const c = corner + half * 4 * columnStep;
          const c0 = v128.load(c), c1 = v128.load(c + columnStep);
          const c2 = v128.load(c + 2 * columnStep), c3 = v128.load(c + 3 * columnStep);
          storeDiagonalsOfColumns(p + half * 16, c0, c1, c2, c3);
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
  table: usize, height: i32, width: i32, inputRowStep: i32, inputPixelStep: i32, outputRowStep: i32,
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

/** Stores up to eight channels of one pixel after what follows the sum. */
@inline
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
  input: usize, table: usize, pixels: i32, packed: usize, tapRows: i32, tapRowStep: i32, tapColumns: i32,
  tapColumnStep: i32, length: i32, outputs: i32, bias: usize, addend: usize, activation: i32, output: usize,
): void {
  const panel = <usize>(tapRows * tapColumns * length * 32);
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
  a: usize, aRowStep: i32, aPixelStep: i32, b: usize, bRowStep: i32, bPixelStep: i32, rows: i32, columns: i32,
  m: i32, n: i32, sums: usize,
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
  input: usize, inputRowStep: i32, inputPixelStep: i32, dy: usize, dyRowStep: i32, dyPixelStep: i32, rows: i32,
  columns: i32, block: i32, m: i32, n: i32, tapRows: i32, tapRowStep: i32, tapColumns: i32, tapColumnStep: i32,
  sums: usize,
): void {
  const tile = <usize>(((m + 3) >> 2) * ((n + 7) >> 3) * 128);
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

/** Products of `batch` vectors [k] with matrices [k, n], which lie the given number of bytes apart. */
export function multiplyVectors(
  vector: usize, vectorStep: i32, matrix: usize, matrixStep: i32, batch: i32, k: i32, n: i32, product: usize,
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

/** Adds the gradient of a depthwise convolution of one padded image for its filter [KH, KW, C] to `sums`. */
export function addDepthwiseProducts(
  input: usize, inputRowStep: i32, inputPixelStep: i32, dy: usize, rows: i32, columns: i32, channels: i32,
  tapRows: i32, tapRowStep: i32, tapColumns: i32, tapColumnStep: i32, sums: usize,
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
  dy: usize, rows: i32, columns: i32, channels: i32, filter: usize, tapRows: i32, tapRowStep: i32, tapColumns: i32,
  tapColumnStep: i32, dx: usize, dxRowStep: i32, dxPixelStep: i32,
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
