// Random walk on a pixel grid with a fixed stencil of neighbours, four maps at a time.
//
// Every plane is a padded grid: `pitch` columns a row, of which the first few are padding (at least the stencil's
// reach, shared with the row before as its right padding), and padding rows above and below. A "chunk" is four
// columns. Offsets of the stencil are counted in pixels of this grid, so that a neighbour is one addition away.
//
// boundary  [rows, pitch] f32          1 in the padding
// weights   [rows, count, pitch] f32   weight of the pair (pixel, pixel + offset k); 0 in the padding
// maps      [rows, 4, pitch] f32       four maps, interleaved by rows; 0 in the padding

/**
 * Weights of all pairs: (1 − the highest boundary on the path) ^ beta. Pairs that leave the grid meet the padding's 1
 * and get 0.
 *
 * @param boundary,weights addresses of the first chunk of the grid's first row
 * @param paths byte offsets into `boundary` of all path points, i32
 * @param starts [count + 1] where each path starts in `paths`, i32
 * @param chunks chunks in a row
 */
export function pairWeights(
  boundary: usize,
  weights: usize,
  paths: usize,
  starts: usize,
  count: i32,
  rows: i32,
  chunks: i32,
  pitch: i32,
  beta: f32,
): void {
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < count; k++) {
      const first = paths + (<usize> load<i32>(starts + (k << 2)) << 2);
      const last = paths + (<usize> load<i32>(starts + (k << 2), 4) << 2);
      let from = boundary + ((row * pitch) << 2);
      let to = weights + (((row * count + k) * pitch) << 2);
      for (let chunk = 0; chunk < chunks; chunk++, from += 16, to += 16) {
        let highest = v128.load(from);
        for (let point = first; point < last; point += 4) {
          highest = f32x4.pmax(highest, v128.load(from + load<i32>(point)));
        }
        v128.store(to, power(f32x4.sub(one, highest), beta));
      }
    }
  }
}

/** x ^ exponent for 0 ≤ x ≤ 1, by repeated squaring where the exponent is a small whole number. */
// @ts-ignore: decorator

function power(x: v128, exponent: f32): v128 {
  const whole = <i32> exponent;
  if (<f32> whole == exponent && whole <= 1024) {
    let result = f32x4.splat(1);
    for (let rest = whole, square = x; rest; rest >>= 1, square = f32x4.mul(square, square)) {
      if (rest & 1) result = f32x4.mul(result, square);
    }
    return result;
  }
  return f32x4(
    <f32> Math.pow(f32x4.extract_lane(x, 0), exponent),
    <f32> Math.pow(f32x4.extract_lane(x, 1), exponent),
    <f32> Math.pow(f32x4.extract_lane(x, 2), exponent),
    <f32> Math.pow(f32x4.extract_lane(x, 3), exponent),
  );
}

/** inverse[pixel] = 1 / (1 + sum of the weights of all its pairs). */
export function inverseDegrees(
  weights: usize,
  inverse: usize,
  offsets: usize,
  count: i32,
  rows: i32,
  chunks: i32,
  pitch: i32,
): void {
  for (let row = 0; row < rows; row++) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      let sum = f32x4.splat(1);
      for (let k = 0; k < count; k++) {
        const at = weights + (((row * count + k) * pitch + 4 * chunk) << 2);
        sum = f32x4.add(sum, f32x4.add(v128.load(at), v128.load(at - load<i32>(offsets + (k << 3), 4))));
      }
      v128.store(inverse + ((row * pitch + 4 * chunk) << 2), f32x4.div(f32x4.splat(1), sum));
    }
  }
}

/**
 * One product with the transition, inside a three-term recurrence:
 * previous ← scale · T current − keep · previous, then result ← result + coefficient · previous.
 *
 * @param current,previous,result addresses of the first map's first pixel
 * @param weights,inverse addresses of the grid's first pixel
 * @param offsets [count, 2] byte offsets i32 of each neighbour: in the maps, in the weights
 */
export function step(
  current: usize,
  previous: usize,
  result: usize,
  weights: usize,
  inverse: usize,
  offsets: usize,
  count: i32,
  rows: i32,
  chunks: i32,
  pitch: i32,
  scale: f32,
  keep: f32,
  coefficient: f32,
): void {
  const end = offsets + (<usize> count << 3);
  const map1 = <usize> pitch << 2, map2 = 2 * map1, map3 = 3 * map1;
  const scales = f32x4.splat(scale), keeps = f32x4.splat(-keep), coefficients = f32x4.splat(coefficient);
  for (let row = 0; row < rows; row++) {
    for (let chunk = 0; chunk < chunks; chunk++) {
      const at = (row * pitch + chunk) << 4;
      const c = current + at;
      const c0 = v128.load(c), c1 = v128.load(c + map1), c2 = v128.load(c + map2), c3 = v128.load(c + map3);
      // Sums of differences to the pixel itself: a constant stays constant to the last bit, however many steps.
      // Two sums a map, one for each direction of the pairs: eight independent chains of additions.
      let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      let w = weights + ((row * count * pitch + 4 * chunk) << 2);
      for (let k = offsets; k < end; k += 8, w += map1) {
        const far = load<i32>(k), ahead = c + far, behind = c - far;
        const forward = v128.load(w), backward = v128.load(w - load<i32>(k, 4));
        a0 = f32x4.relaxed_madd(forward, f32x4.sub(v128.load(ahead), c0), a0);
        b0 = f32x4.relaxed_madd(backward, f32x4.sub(v128.load(behind), c0), b0);
        a1 = f32x4.relaxed_madd(forward, f32x4.sub(v128.load(ahead + map1), c1), a1);
        b1 = f32x4.relaxed_madd(backward, f32x4.sub(v128.load(behind + map1), c1), b1);
        a2 = f32x4.relaxed_madd(forward, f32x4.sub(v128.load(ahead + map2), c2), a2);
        b2 = f32x4.relaxed_madd(backward, f32x4.sub(v128.load(behind + map2), c2), b2);
        a3 = f32x4.relaxed_madd(forward, f32x4.sub(v128.load(ahead + map3), c3), a3);
        b3 = f32x4.relaxed_madd(backward, f32x4.sub(v128.load(behind + map3), c3), b3);
      }
      const share = v128.load(inverse + ((row * pitch + 4 * chunk) << 2));
      const p = previous + at, r = result + at;
      advance(c0, f32x4.add(a0, b0), share, scales, keeps, coefficients, p, r);
      advance(c1, f32x4.add(a1, b1), share, scales, keeps, coefficients, p + map1, r + map1);
      advance(c2, f32x4.add(a2, b2), share, scales, keeps, coefficients, p + map2, r + map2);
      advance(c3, f32x4.add(a3, b3), share, scales, keeps, coefficients, p + map3, r + map3);
    }
  }
}

/** The recurrence at four pixels. */
// @ts-ignore: decorator

function advance(
  centre: v128,
  sum: v128,
  share: v128,
  scale: v128,
  keep: v128,
  coefficient: v128,
  previous: usize,
  result: usize,
): void {
  const mean = f32x4.relaxed_madd(share, sum, centre);
  const next = f32x4.relaxed_madd(keep, v128.load(previous), f32x4.mul(scale, mean));
  v128.store(previous, next);
  v128.store(result, f32x4.relaxed_madd(coefficient, next, v128.load(result)));
}
