// The losses on pairs of pixels and their gradients, for one image.
//
// Every plane is [rows, pitch] of 32-bit values; `reach` columns on the left and right of each row and `reach` rows at
// the bottom hold no sources. Sources are taken in chunks of 16 columns; a chunk may run over the last source, where
// the plane of source labels is void. All addresses and offsets count bytes.
//
// Void labels are -1 in the plane of source labels and -2 in that of destination labels: two labels are equal only
// where neither is void, and the sign of (source | destination) tells whether one is.

/** Least distance of an affinity from 0 or 1 inside a logarithm. */
const MARGIN: f32 = 1e-5;

/** Sums of the last call of `pairLosses`. */
let positiveSum: f64 = 0;
let negativeSum: f64 = 0;
let foregroundSum: f64 = 0;
let backgroundSum: f64 = 0;

export function positive(): f64 {
  return positiveSum;
}
export function negative(): f64 {
  return negativeSum;
}
export function foreground(): f64 {
  return foregroundSum;
}
export function background(): f64 {
  return backgroundSum;
}

function sumOf(v: v128): f64 {
  return <f64> f32x4.extract_lane(v, 0) + <f64> f32x4.extract_lane(v, 1) +
    <f64> f32x4.extract_lane(v, 2) + <f64> f32x4.extract_lane(v, 3);
}

function countOf(v: v128): i32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/**
 * Counts equal background, equal foreground and different pairs.
 *
 * @param sources,destinations planes of labels
 * @param offsets [count] of the destinations
 * @param from offset of the first source; `rows` rows of `chunks` chunks follow
 * @param counts three i32
 */
export function pairCounts(
  sources: usize,
  destinations: usize,
  offsets: usize,
  count: i32,
  from: usize,
  rows: i32,
  chunks: i32,
  pitch: i32,
  counts: usize,
): void {
  let equalBackground = i32x4.splat(0), equal = i32x4.splat(0), known = i32x4.splat(0);
  const zero = i32x4.splat(0);
  for (let d = 0; d < count; d++) {
    const offset = load<i32>(offsets + (d << 2));
    for (let row = 0; row < rows; row++) {
      const start = from + row * pitch, end = start + (chunks << 6);
      for (let p = start; p < end; p += 16) {
        const source = v128.load(sources + p), destination = v128.load(destinations + p + offset);
        const same = i32x4.eq(source, destination);
        // A true comparison is -1.
        equal = i32x4.sub(equal, same);
        equalBackground = i32x4.sub(equalBackground, v128.and(same, i32x4.eq(source, zero)));
        known = i32x4.sub(known, i32x4.ge_s(v128.or(source, destination), zero));
      }
    }
  }
  store<i32>(counts, countOf(equalBackground), 0);
  store<i32>(counts, countOf(equal) - countOf(equalBackground), 4);
  store<i32>(counts, countOf(known) - countOf(equal), 8);
}

/**
 * Finds the highest boundary on the path of every source of a row, and where it is.
 *
 * @param boundary address of the row's first source
 * @param path,end addresses of the offsets of the path points
 * @param source,destination addresses of the labels of the row's first pair
 * @param peaks,places results: values, and offsets from the source; untouched where a chunk's pairs are all void
 */
function highest(
  boundary: usize,
  path: usize,
  end: usize,
  source: usize,
  destination: usize,
  chunks: i32,
  peaks: usize,
  places: usize,
): void {
  for (let chunk = 0; chunk < chunks; chunk++) {
    const at = <usize> chunk << 6;
    const s = source + at, d = destination + at;
    const unknown = v128.and(
      v128.and(v128.or(v128.load(s, 0), v128.load(d, 0)), v128.or(v128.load(s, 16), v128.load(d, 16))),
      v128.and(v128.or(v128.load(s, 32), v128.load(d, 32)), v128.or(v128.load(s, 48), v128.load(d, 48))),
    );
    if (i32x4.bitmask(unknown) == 15) continue;

    const from = boundary + at;
    const first = from + load<i32>(path);
    let m0 = v128.load(first, 0), m1 = v128.load(first, 16), m2 = v128.load(first, 32), m3 = v128.load(first, 48);
    let p0 = v128.load32_splat(path), p1 = p0, p2 = p0, p3 = p0;
    for (let point = path + 4; point < end; point += 4) {
      const offset = load<i32>(point), there = from + offset, place = i32x4.splat(offset);
      const v0 = v128.load(there, 0), v1 = v128.load(there, 16), v2 = v128.load(there, 32), v3 = v128.load(there, 48);
      // Strictly greater: of equal points the first keeps its place.
      p0 = v128.bitselect(place, p0, f32x4.gt(v0, m0));
      p1 = v128.bitselect(place, p1, f32x4.gt(v1, m1));
      p2 = v128.bitselect(place, p2, f32x4.gt(v2, m2));
      p3 = v128.bitselect(place, p3, f32x4.gt(v3, m3));
      m0 = f32x4.pmax(m0, v0);
      m1 = f32x4.pmax(m1, v1);
      m2 = f32x4.pmax(m2, v2);
      m3 = f32x4.pmax(m3, v3);
    }
    const m = peaks + at, p = places + at;
    v128.store(m, m0, 0);
    v128.store(m, m1, 16);
    v128.store(m, m2, 32);
    v128.store(m, m3, 48);
    v128.store(p, p0, 0);
    v128.store(p, p1, 16);
    v128.store(p, p2, 32);
    v128.store(p, p3, 48);
  }
}

/** Natural logarithm of positive normal numbers, to about 1e-7. */
function ln(x: v128): v128 {
  // x = 2^e · m with m from √½ to √2; ln m = 2 artanh s, s = (m − 1) / (m + 1), |s| < 0.172.
  const e = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const m = i32x4.sub(x, i32x4.shl(e, 23));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one)), q = f32x4.mul(s, s);
  let series = f32x4.splat(<f32> (1.0 / 9.0));
  series = f32x4.relaxed_madd(series, q, f32x4.splat(<f32> (1.0 / 7.0)));
  series = f32x4.relaxed_madd(series, q, f32x4.splat(<f32> (1.0 / 5.0)));
  series = f32x4.relaxed_madd(series, q, f32x4.splat(<f32> (1.0 / 3.0)));
  series = f32x4.relaxed_madd(series, q, one);
  const two = f32x4.add(s, s);
  return f32x4.relaxed_madd(f32x4.convert_i32x4_s(e), f32x4.splat(0.6931471805599453), f32x4.mul(two, series));
}

/**
 * Adds the losses of all pairs of an image and their gradients.
 *
 * @param boundary plane of boundary probabilities
 * @param displacement two planes, y before x
 * @param boundaryGradient,displacementGradient planes that the gradients are added to
 * @param sources,destinations planes of labels
 * @param offsets [count, 3] of each destination: offset, dy, dx
 * @param paths offsets of all path points
 * @param starts [count + 1] where each path starts in `paths`
 * @param scratch two rows of `chunks` chunks
 * @param from offset of the first source; `rows` rows of `chunks` chunks follow
 * @param plane bytes of a plane
 * @param affinityBackground,affinityForeground,affinityNegative weights of a pair in the affinity losses
 * @param displacementForeground,displacementBackground weights of a channel of a pair in the displacement losses
 */
export function pairLosses(
  boundary: usize,
  displacement: usize,
  boundaryGradient: usize,
  displacementGradient: usize,
  sources: usize,
  destinations: usize,
  offsets: usize,
  paths: usize,
  starts: usize,
  scratch: usize,
  count: i32,
  from: usize,
  rows: i32,
  chunks: i32,
  pitch: i32,
  plane: usize,
  affinityBackground: f32,
  affinityForeground: f32,
  affinityNegative: f32,
  displacementForeground: f32,
  displacementBackground: f32,
): void {
  positiveSum =
    negativeSum =
    foregroundSum =
    backgroundSum =
      0;
  const places = scratch + (<usize> chunks << 6);
  const zero = i32x4.splat(0), one = f32x4.splat(1), margin = f32x4.splat(MARGIN), top = f32x4.splat(1 + MARGIN);
  const sign = i32x4.splat(<i32> 0x80000000);
  const lanes = i32x4(0, 4, 8, 12);

  for (let d = 0; d < count; d++) {
    const record = offsets + d * 12;
    const offset = load<i32>(record);
    const targetY = f32x4.splat(<f32> load<i32>(record, 4)), targetX = f32x4.splat(<f32> load<i32>(record, 8));
    const path = paths + (load<i32>(starts + (d << 2)) << 2), end = paths + (load<i32>(starts + (d << 2), 4) << 2);
    for (let row = 0; row < rows; row++) {
      const first = from + row * pitch;
      highest(boundary + first, path, end, sources + first, destinations + first + offset, chunks, scratch, places);

      let affinityLoss = f32x4.splat(0), negativeLoss = f32x4.splat(0);
      let displacementLoss = f32x4.splat(0), foregroundLoss = f32x4.splat(0);
      const last = first + (<usize> chunks << 6);
      for (let p = first, at = scratch; p < last; p += 16, at += 16) {
        const q = p + offset;
        const source = v128.load(sources + p), destination = v128.load(destinations + q);
        const known = i32x4.ge_s(v128.or(source, destination), zero);
        if (!v128.any_true(known)) continue;
        const same = i32x4.eq(source, destination), different = v128.andnot(known, same);
        const object = i32x4.gt_s(source, zero);

        // Affinity: −w ln(a + margin) where equal, −w ln(1 + margin − a) where different.
        const affinity = f32x4.sub(one, v128.load(at));
        const likelihood = v128.bitselect(f32x4.sub(top, affinity), f32x4.add(affinity, margin), different);
        let weight = v128.bitselect(f32x4.splat(affinityForeground), f32x4.splat(affinityBackground), object);
        weight = v128.and(v128.bitselect(f32x4.splat(affinityNegative), weight, different), known);
        const loss = f32x4.mul(weight, ln(likelihood));
        affinityLoss = f32x4.sub(affinityLoss, loss);
        negativeLoss = f32x4.sub(negativeLoss, v128.and(loss, different));
        // A higher boundary lowers the affinity: the loss grows where equal, falls where different.
        const slope = v128.xor(f32x4.div(weight, likelihood), v128.and(different, sign));
        const place = i32x4.add(i32x4.add(v128.load(at + (places - scratch)), lanes), i32x4.splat(<i32> p));
        addAt(boundaryGradient + i32x4.extract_lane(place, 0), f32x4.extract_lane(slope, 0));
        addAt(boundaryGradient + i32x4.extract_lane(place, 1), f32x4.extract_lane(slope, 1));
        addAt(boundaryGradient + i32x4.extract_lane(place, 2), f32x4.extract_lane(slope, 2));
        addAt(boundaryGradient + i32x4.extract_lane(place, 3), f32x4.extract_lane(slope, 3));

        // Displacement: w |D(s) − D(d) − target|, the target 0 in the background.
        if (!v128.any_true(same)) continue;
        const share = v128.and(
          v128.bitselect(f32x4.splat(displacementForeground), f32x4.splat(displacementBackground), object),
          same,
        );
        const errorY = difference(displacement + p, displacement + q, v128.and(targetY, object));
        const errorX = difference(displacement + plane + p, displacement + plane + q, v128.and(targetX, object));
        const distance = f32x4.mul(share, f32x4.add(f32x4.abs(errorY), f32x4.abs(errorX)));
        displacementLoss = f32x4.add(displacementLoss, distance);
        foregroundLoss = f32x4.add(foregroundLoss, v128.and(distance, object));
        addBetween(displacementGradient + p, displacementGradient + q, signed(errorY, share, sign));
        addBetween(displacementGradient + plane + p, displacementGradient + plane + q, signed(errorX, share, sign));
      }
      const negatives = sumOf(negativeLoss), objects = sumOf(foregroundLoss);
      negativeSum += negatives;
      positiveSum += sumOf(affinityLoss) - negatives;
      foregroundSum += objects;
      backgroundSum += sumOf(displacementLoss) - objects;
    }
  }
}

function addAt(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value);
}

function difference(source: usize, destination: usize, target: v128): v128 {
  return f32x4.sub(f32x4.sub(v128.load(source), v128.load(destination)), target);
}

/** `size` with the sign of `value`, 0 where `value` is. */
function signed(value: v128, size: v128, sign: v128): v128 {
  return v128.and(v128.or(v128.and(value, sign), size), f32x4.ne(value, f32x4.splat(0)));
}

/** Adds to the source and subtracts from the destination; the two vectors may overlap. */
function addBetween(source: usize, destination: usize, value: v128): void {
  v128.store(source, f32x4.add(v128.load(source), value));
  v128.store(destination, f32x4.sub(v128.load(destination), value));
}
