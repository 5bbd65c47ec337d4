// The two passes of the bicubic resize, in SIMD. Pixels are bytes, weights integers scaled by 2^22; sums fit 32 bits.
// Reads and writes run up to 15 bytes past the last pixel: callers leave that much room.

// One pass along x over RGB pixels. For every output column: `first`, its first input column, and `size` weights.
export function convolveRows(
  input: usize,
  output: usize,
  first: usize,
  weights: usize,
  size: i32,
  width: i32,
  height: i32,
  to: i32,
): void {
  for (let y = 0; y < height; y++) {
    const row = input + <usize> (y * width) * 3;
    let w = weights;
    for (let x = 0; x < to; x++) {
      let pixel = row + <usize> load<i32>(first + (<usize> x << 2)) * 3;
      let sum = i32x4.splat(1 << 21); // a half, so that the shift rounds
      for (let j = 0; j < size; j++) {
        const bytes = v128.load_zero<u32>(pixel); // red, green, blue and a byte that is thrown away
        const colour = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
        sum = i32x4.add(sum, i32x4.mul(colour, v128.load_splat<i32>(w)));
        pixel += 3;
        w += 4;
      }
      const words = i16x8.narrow_i32x4_s(i32x4.shr_s(sum, 22), sum);
      v128.store_lane<u32>(output, i8x16.narrow_i16x8_u(words, words), 0); // the next pixel overwrites the fourth byte
      output += 3;
    }
  }
}

// One pass along y over rows of `row` bytes. For every output row: `first`, its first input row, and `size` weights.
export function convolveColumns(
  input: usize,
  output: usize,
  first: usize,
  weights: usize,
  size: i32,
  row: i32,
  to: i32,
): void {
  for (let y = 0; y < to; y++) {
    const start = input + <usize> (load<i32>(first + (<usize> y << 2)) * row);
    const w = weights + (<usize> (y * size) << 2);
    for (let x = 0; x < row; x += 16) {
      let a = i32x4.splat(1 << 21), b = a, c = a, d = a;
      let from = start + <usize> x;
      for (let j = 0; j < size; j++) {
        const weight = v128.load_splat<i32>(w + (<usize> j << 2));
        const bytes = v128.load(from);
        const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), weight));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), weight));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), weight));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), weight));
        from += <usize> row;
      }
      const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 22), i32x4.shr_s(b, 22));
      const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, 22), i32x4.shr_s(d, 22));
      v128.store(output + <usize> x, i8x16.narrow_i16x8_u(low, high)); // the next row overwrites what is too much
    }
    output += <usize> row;
  }
}
