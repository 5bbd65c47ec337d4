// Mean-field inference of the dense CRF: permutohedral lattices of an image, and the passes of an iteration over them.
//
// One pixel touches `corners` lattice vertices: d+1 of every pairwise term (3 Gaussian, 6 bilateral). All terms share
// one numbering of vertices, so that slicing and splatting are one loop over the corners, whatever terms there are.
// Vertex 0 belongs to none: it is always zero and stands for every missing neighbour, which spares all branches.
//
// Values live in planes of four lanes a vertex, so that a vertex is one vector; more than four values take several
// planes. What is filtered are differences of probabilities, Q(label) − Q(0): filters are linear and a softmax only
// knows differences, so n labels need n − 1 lanes, and two CRFs of three labels fit into one plane.
//
// Memory, from the heap base upwards: RGB | corner records | links of each term | marginals, planes. While a term is
// being built, its hash table, codes and sorting buffers lie above what is complete. The next image starts over.

const CORNER: usize = 8; // byte offset of the vertex in a plane: u32; weight: f32
const VERTEX: usize = 16; // four lanes
const LINK: usize = 8; // byte offsets of the vertices before and after, two u32

// ---------------------------------------------------------------------------------------------------------- Memory

let top: usize = 0;

/** Grows memory to `end` bytes; traps where there is no more to be had. */
function reach(end: u64): void {
  const missing = <i64> ((end + 0xffff) >> 16) - memory.size();
  if (missing > 0) {
    if (end > 0xffff0000 || memory.grow(<i32> missing) < 0) unreachable();
  }
}

/** Takes bytes, aligned to vectors. */
function take(bytes: u64): usize {
  const start = top;
  const end = (<u64> start + bytes + 15) & ~15;
  reach(end);
  top = <usize> end;
  return start;
}

// ---------------------------------------------------------------------------------------------------------- Image

let width: usize = 0;
let real: usize = 0; // pixels of the image
let pixels: usize = 0; // the same, padded to a multiple of four
let corners: usize = 0; // of one pixel, over all terms
let image: usize = 0;
let records: usize = 0; // [pixels][corners] of CORNER bytes
let latticeEnd: usize = 0; // planes start here

/** Starts on an image: forgets the former one and returns where its RGB bytes are to be written. */
export function open(columns: usize, rows: usize, cornersOfPixel: usize): usize {
  width = columns;
  real = columns * rows;
  pixels = (real + 3) & ~3;
  corners = cornersOfPixel;
  top = (__heap_base + 15) & ~15;
  image = take(<u64> real * 3);
  records = take(<u64> pixels * corners * CORNER);
  terms = 0;
  vertices = 1;
  cornersDone = 0;
  return image;
}

// ---------------------------------------------------------------------------------------------------------- Lattice

// The terms that are complete: dimensions, first vertex, vertices, links. Two are enough.
let terms: usize = 0;
const TERM_DIMENSIONS = memory.data(8, 4);
const TERM_FIRST = memory.data(8, 4);
const TERM_COUNT = memory.data(8, 4);
const TERM_LINKS = memory.data(8, 4);
let vertices: usize = 1; // of complete terms, and the zero vertex
let cornersDone: usize = 0; // corners of a pixel that belong to complete terms

// The term being built. Keys of vertices are packed into one number that addition moves along the lattice: a key's
// code is the sum of its coordinates times their steps. Fields from the top: 6·y, 2·x, then single coordinates, each
// with room for a step beyond the outermost vertices, so that no sum leaves its field. Ordered by code, vertices run in
// rows of the image, and moving all of them by one step keeps their order.
let d: i32 = 0;
let positionDeviation: f32 = 1;
let colourDeviation: f32 = 1;
let count: usize = 0; // vertices so far, numbered from 1; 0 marks an empty slot
let table: usize = 0; // [slots] u32: numbers by hash
let codes: usize = 0; // [1 + slots / 2] u64: codes by number
let slotBits: usize = 0;
let codeBits: u32 = 0;
let origin: u64 = 0; // code of the key 0
const STEP = memory.data(6 * 8, 8); // [d + 1] u64: what one more of a coordinate adds to a code; the last is not in it

const SCALE = memory.data(6 * 4, 4); // [1 + d] f32: lattice units of a feature's deviation; the first is not used

// Four pixels at once, one lane each.
let column: usize = 0; // of the next pixel
let line: usize = 0;
const FEATURE = memory.data(5 * 16, 16); // [d] f32
const ELEVATED = memory.data(6 * 16, 16); // [d + 1] f32
const NEAREST = memory.data(6 * 16, 16); // [d + 1] f32: the nearest 0-coloured lattice point
const RANK = memory.data(6 * 16, 16); // [d + 1] i32
const SORTED = memory.data(6 * 16, 16); // [d + 1] f32: (elevated − nearest) / (d + 1) by rank
const WEIGHT = memory.data(6 * 16, 16); // [d + 1] f32: barycentric coordinates
const CODE = memory.data(4 * 6 * 8, 8); // [4][d + 1] u64: of the corners of four pixels
const FOUND = memory.data(4 * 6 * 4, 4); // [4][d + 1] u32: their vertices
const STEP_OF_RANK = memory.data(6 * 8, 8); // [d + 1] u64: from one corner to the next, of one pixel

/**
 * Starts a term: 2 dimensions for positions, 5 for positions and colours. False where the deviations are so small that
 * codes would not fit into 64 bits.
 */
export function beginTerm(dimensions: i32, position: f32, colour: f32): bool {
  d = dimensions;
  positionDeviation = position;
  colourDeviation = colour;
  // The blur has the variance ⅔·(d+1)² in units of the lattice; each axis of its plane has a length of its own.
  const deviation = <f32> (Math.sqrt(2.0 / 3.0) * (d + 1));
  for (let j = 1; j <= d; j++) store<f32>(SCALE + (j << 2), <f32> (deviation / Math.sqrt(<f64> (j * (j + 1)))));
  if (!layOutCodes()) return false;
  count = 0;
  slotBits = 12;
  while (<usize> 1 << slotBits < pixels) slotBits++;
  table = top;
  clearTable();
  return true;
}

/** Makes an empty table of 2^slotBits slots, with room for half as many codes behind it. */
function clearTable(): void {
  reach(<u64> table + (<u64> 8 << slotBits) + 8);
  memory.fill(table, 0, <usize> 4 << slotBits);
  codes = table + (<usize> 4 << slotBits);
}

/** Lays out the fields of codes, from the lowest, by the largest features that the image can have. */
function layOutCodes(): bool {
  const size = <f64> (d + 1);
  const x = <f64> width / positionDeviation * load<f32>(SCALE, 4);
  const y = <f64> (real / width) / positionDeviation * load<f32>(SCALE, 8);
  memory.fill(STEP, 0, 6 * 8);
  origin = 0;
  codeBits = 0;
  let later = 0.0;
  for (let i = d - 1; i >= 2; i--) {
    // Coordinate i is the sum of the later features less i times its own.
    const own = i == 2 ? y : 255.0 / colourDeviation * load<f32>(SCALE + (i << 2));
    later += 255.0 / colourDeviation * load<f32>(SCALE + (i << 2), 4);
    store<u64>(STEP + (i << 3), addField(-own * i - 3 * size, later + 3 * size));
  }
  // Coordinates 0 and 1 by their difference, 2·x, and their sum, which is 6·y less two of coordinate 2.
  const difference = addField(-8 * size, 2 * x + 8 * size);
  const sum = addField(-8 * size, 6 * y + 8 * size);
  store<u64>(STEP, sum + difference);
  store<u64>(STEP, sum - difference, 8);
  if (d > 2) store<u64>(STEP, load<u64>(STEP, 16) - 2 * sum, 16);
  return codeBits <= 64;
}

/** Adds a field on top of the others; returns its unit. */
function addField(lowest: f64, highest: f64): u64 {
  const unit: u64 = codeBits < 64 ? <u64> 1 << codeBits : 0;
  origin += unit * <u64> Math.ceil(-lowest);
  for (let values = highest - lowest + 2; values > 1; values *= 0.5) codeBits++;
  return unit;
}

/**
 * Features of the next four pixels from p. Those beyond the image have zeros, as in the reference, where that makes
 * empty vertices near the origin, which blurring can fill.
 */
function readFeatures(p: usize): void {
  for (let to = FEATURE; to < FEATURE + 16; to += 4, p++) {
    const inside = p < real;
    store<f32>(to, inside ? <f32> column / positionDeviation : 0);
    store<f32>(to, inside ? <f32> line / positionDeviation : 0, 16);
    if (d == 5) {
      const rgb = image + p * 3;
      store<f32>(to, inside ? <f32> load<u8>(rgb) / colourDeviation : 0, 32);
      store<f32>(to, inside ? <f32> load<u8>(rgb, 1) / colourDeviation : 0, 48);
      store<f32>(to, inside ? <f32> load<u8>(rgb, 2) / colourDeviation : 0, 64);
    }
    if (++column == width) {
      column = 0;
      line++;
    }
  }
}

/** Projects features onto the hyperplane of the lattice: finds the enclosing simplex and the place in it. */
function embed(): void {
  // Elevation: a triangular basis of the plane x₀ + … + x_d = 0, scaled so that the filter has unit deviation.
  let sum = f32x4.splat(0);
  for (let j = d; j > 0; j--) {
    const c = f32x4.mul(v128.load(FEATURE + ((j - 1) << 4)), v128.load_splat<f32>(SCALE + (j << 2)));
    v128.store(ELEVATED + (j << 4), f32x4.sub(sum, f32x4.mul(f32x4.splat(<f32> j), c)));
    sum = f32x4.add(sum, c);
  }
  v128.store(ELEVATED, sum);

  // The nearest point whose coordinates are multiples of d+1; they may not sum to zero yet.
  const step = f32x4.splat(<f32> (d + 1));
  const inverse = f32x4.splat(<f32> 1 / <f32> (d + 1));
  let excess = f32x4.splat(0);
  for (let i = 0; i <= d; i++) {
    const v = f32x4.nearest(f32x4.mul(v128.load(ELEVATED + (i << 4)), inverse));
    v128.store(NEAREST + (i << 4), f32x4.mul(v, step));
    v128.store(RANK + (i << 4), i32x4.splat(0));
    excess = f32x4.add(excess, v);
  }

  // Ranks of the residuals, largest first.
  for (let i = 0; i < d; i++) {
    const a = f32x4.sub(v128.load(ELEVATED + (i << 4)), v128.load(NEAREST + (i << 4)));
    let rank = v128.load(RANK + (i << 4));
    for (let j = i + 1; j <= d; j++) {
      const b = f32x4.sub(v128.load(ELEVATED + (j << 4)), v128.load(NEAREST + (j << 4)));
      const less = f32x4.lt(a, b); // all ones are −1
      rank = i32x4.sub(rank, less);
      const other = v128.load(RANK + (j << 4));
      v128.store(RANK + (j << 4), i32x4.add(other, i32x4.add(i32x4.splat(1), less)));
    }
    v128.store(RANK + (i << 4), rank);
  }

  // Back onto the plane: the ranks that the excess pushes out of 0 … d come in again on the other side, one step on.
  const shift = i32x4.trunc_sat_f32x4_s(excess);
  const size = i32x4.splat(d + 1);
  for (let i = 0; i <= d; i++) {
    const rank = i32x4.add(v128.load(RANK + (i << 4)), shift);
    const below = i32x4.lt_s(rank, i32x4.splat(0));
    const above = i32x4.gt_s(rank, i32x4.splat(d));
    const nearest = v128.load(NEAREST + (i << 4));
    const wrapped = f32x4.sub(f32x4.add(nearest, v128.and(step, below)), v128.and(step, above));
    v128.store(NEAREST + (i << 4), wrapped);
    v128.store(RANK + (i << 4), i32x4.sub(i32x4.add(rank, v128.and(size, below)), v128.and(size, above)));
  }

  // Barycentric coordinates are differences of consecutive residuals.
  for (let r = 0; r <= d; r++) v128.store(SORTED + (r << 4), f32x4.splat(0));
  for (let i = 0; i <= d; i++) {
    const t = f32x4.mul(f32x4.sub(v128.load(ELEVATED + (i << 4)), v128.load(NEAREST + (i << 4))), inverse);
    const rank = v128.load(RANK + (i << 4));
    for (let r = 0; r <= d; r++) {
      const at = SORTED + (r << 4);
      v128.store(at, v128.or(v128.load(at), v128.and(t, i32x4.eq(rank, i32x4.splat(r)))));
    }
  }
  const wrap = f32x4.sub(f32x4.splat(1), v128.load(SORTED));
  v128.store(WEIGHT, f32x4.add(v128.load(SORTED + (d << 4)), wrap));
  for (let k = 1; k <= d; k++) {
    const residual = v128.load(SORTED + ((d - k) << 4));
    v128.store(WEIGHT + (k << 4), f32x4.sub(residual, v128.load(SORTED + ((d + 1 - k) << 4))));
  }
}

/** First slot of a code: the top bits of a product depend on all bits. */

function slotOf(code: u64): usize {
  return <usize> ((code * 0x9e3779b97f4a7c15) >> (64 - <u64> slotBits));
}

/** Number of a code's vertex, which is made where there is none. */

function numberOf(code: u64): usize {
  const mask = (<usize> 1 << slotBits) - 1;
  let slot = slotOf(code);
  let id: usize = load<u32>(table + (slot << 2));
  while (id && load<u64>(codes + (id << 3)) != code) {
    slot = (slot + 1) & mask;
    id = load<u32>(table + (slot << 2));
  }
  if (!id) {
    id = ++count;
    store<u64>(codes + (id << 3), code);
    store<u32>(table + (slot << 2), id);
    if (count >> (slotBits - 1)) enlarge(); // half full
  }
  return id;
}

/** Doubles the table and the room for codes. */
function enlarge(): void {
  const old = codes;
  slotBits++;
  reach(<u64> table + (<u64> 8 << slotBits) + 8);
  memory.copy(table + (<usize> 4 << slotBits), old, (count + 1) << 3);
  clearTable();
  const mask = (<usize> 1 << slotBits) - 1;
  for (let id: usize = 1; id <= count; id++) {
    let slot = slotOf(load<u64>(codes + (id << 3)));
    while (load<u32>(table + (slot << 2))) slot = (slot + 1) & mask;
    store<u32>(table + (slot << 2), id);
  }
}

/** Finds the corners of pixels `from` … `to` − 1, multiples of four, in the term being built. */
export function locate(from: usize, to: usize): void {
  column = from % width;
  line = from / width;
  const own = <usize> (d + 1);
  for (let p = from; p < to; p += 4) {
    readFeatures(p);
    embed();
    encode();
    guess();
    let code = CODE, found = FOUND;
    for (let lane: usize = 0; lane < 4; lane++) {
      let record = records + ((p + lane) * corners + cornersDone) * CORNER;
      const weight = WEIGHT + (lane << 2);
      for (let k: usize = 0; k < own; k++, record += CORNER, code += 8, found += 4) {
        const id: usize = load<u32>(found);
        store<u32>(record, id ? id : numberOf(load<u64>(code)));
        store<f32>(record, p + lane < real ? load<f32>(weight + (k << 4)) : 0, 4);
      }
    }
  }
}

/** Codes of the corners of the four pixels. */
function encode(): void {
  const all = stepOfAll();
  let code = CODE;
  for (let lane = 0; lane < 4; lane++) {
    // From the corner of remainder k to the next: one up in all coordinates, d+1 down in the one of rank d−k.
    let corner = origin;
    for (let i = 0; i <= d; i++) {
      const step = load<u64>(STEP + (i << 3));
      const at = (i << 4) + (lane << 2);
      corner += step * <u64> <i64> load<f32>(NEAREST + at);
      store<u64>(STEP_OF_RANK + (load<i32>(RANK + at) << 3), all - step * (d + 1));
    }
    for (let rank = d; rank >= 0; rank--, code += 8) {
      store<u64>(code, corner);
      corner += load<u64>(STEP_OF_RANK + (rank << 3));
    }
  }
}

/** What one more of all coordinates adds to a code. */
function stepOfAll(): u64 {
  let all: u64 = 0;
  for (let i = 0; i < d; i++) all += load<u64>(STEP + (i << 3));
  return all;
}

/**
 * Looks up the corners' codes at their first slots only, which is where most of them are: without branches, so that the
 * misses of the cache overlap. The others get 0.
 */

function guess(): void {
  const end = CODE + (d + 1) * 4 * 8;
  for (let code = CODE, found = FOUND; code < end; code += 8, found += 4) {
    const wanted = load<u64>(code);
    const id: usize = load<u32>(table + (slotOf(wanted) << 2));
    store<u32>(found, load<u64>(codes + (id << 3)) == wanted ? id : 0);
  }
}

/**
 * Completes a term once all pixels are located: orders and links its vertices, and turns barycentric weights into those
 * of the term.
 */
export function endTerm(weight: f32): void {
  const row = count * LINK;
  const ordered = (codes + ((count + 1) << 3) + 15) & ~15; // [count] of ENTRY bytes
  const other = ordered + count * ENTRY;
  const links = other + count * ENTRY;
  const ones = links + row * (d + 1); // two planes of f32
  reach(<u64> ordered + <u64> count * (2 * ENTRY + LINK * (d + 1)) + <u64> (vertices + count) * 8);
  const sorted = sortVertices(ordered, other);
  linkVertices(sorted, links);
  renumber(sorted, codes);
  normalise(weight, links, ones);
  memory.copy(top, links, row * (d + 1));
  store<i32>(TERM_DIMENSIONS + (terms << 2), d);
  store<usize>(TERM_FIRST + (terms << 2), vertices);
  store<usize>(TERM_COUNT + (terms << 2), count);
  store<usize>(TERM_LINKS + (terms << 2), take(<u64> row * (d + 1)));
  latticeEnd = top;
  vertices += count;
  cornersDone += d + 1;
  terms++;
}

const ENTRY: usize = 16; // code: u64; number: u32
const DIGIT = 11; // bits
const TALLY = memory.data(2048 * 4, 4); // [2^DIGIT] u32

/** Radix sort of the vertices by code, from the lowest digit; returns which of the two buffers has the result. */
function sortVertices(from: usize, to: usize): usize {
  const end = count * ENTRY;
  for (let id: usize = 1; id <= count; id++) {
    const entry = from + (id - 1) * ENTRY;
    store<u64>(entry, load<u64>(codes + (id << 3)));
    store<u32>(entry, id, 8);
  }
  for (let shift: u64 = 0; shift < codeBits; shift += DIGIT) {
    memory.fill(TALLY, 0, 4 << DIGIT);
    for (let entry = from; entry < from + end; entry += ENTRY) {
      const tally = TALLY + (<usize> ((load<u64>(entry) >> shift) & ((1 << DIGIT) - 1)) << 2);
      store<u32>(tally, load<u32>(tally) + 1);
    }
    let before: u32 = 0;
    for (let tally = TALLY; tally < TALLY + (4 << DIGIT); tally += 4) {
      const here = load<u32>(tally);
      store<u32>(tally, before);
      before += here;
    }
    for (let entry = from; entry < from + end; entry += ENTRY) {
      const tally = TALLY + (<usize> ((load<u64>(entry) >> shift) & ((1 << DIGIT) - 1)) << 2);
      const place: usize = load<u32>(tally);
      store<u32>(tally, place + 1);
      v128.store(to + place * ENTRY, v128.load(entry));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  return from;
}

/**
 * Links vertices along the d+1 directions of the lattice. A step along direction j lowers all coordinates by one and
 * raises the j-th by d+1; order survives it, so that one walk through the vertices finds all neighbours of a direction.
 */
function linkVertices(sorted: usize, links: usize): void {
  const all = stepOfAll();
  const end = sorted + count * ENTRY;
  const row = count * LINK;
  memory.fill(links, 0, row * (d + 1));
  for (let j = 0; j <= d; j++, links += row) {
    const move = load<u64>(STEP + (j << 3)) * (d + 1) - all;
    let other = sorted;
    for (let entry = sorted; entry < end; entry += ENTRY) {
      const wanted = load<u64>(entry) + move;
      while (other < end && load<u64>(other) < wanted) other += ENTRY;
      if (other < end && load<u64>(other) == wanted) {
        // Being before and being after are one relation, so both ends are filled.
        const a = (entry - sorted) / ENTRY, b = (other - sorted) / ENTRY;
        store<u32>(links + a * LINK, (vertices + b) << 4);
        store<u32>(links + b * LINK, (vertices + a) << 4, 4);
      }
    }
  }
}

/** Replaces the numbers in corner records by the offsets of the sorted vertices. */
function renumber(sorted: usize, offsets: usize): void {
  for (let place: usize = 0; place < count; place++) {
    store<u32>(offsets + (<usize> load<u32>(sorted + place * ENTRY, 8) << 2), (vertices + place) << 4);
  }
  const stride = corners * CORNER;
  const start = records + cornersDone * CORNER;
  for (let pixel = start; pixel < start + pixels * stride; pixel += stride) {
    for (let corner = pixel; corner < pixel + (d + 1) * CORNER; corner += CORNER) {
      store<u32>(corner, load<u32>(offsets + (<usize> load<u32>(corner) << 2)));
    }
  }
}

/**
 * Turns barycentric weights b into b·√(weight·α / D), D = filtered ones: splatting and slicing with them is the term as
 * a whole, normalised on both sides and weighted. α undoes the gain of the blur.
 */
function normalise(weight: f32, links: usize, ones: usize): void {
  // One lane is enough here: planes of f32, a quarter of the usual offsets.
  const bytes = (vertices + count) << 2;
  let from = ones, to = ones + bytes;
  memory.fill(from, 0, bytes);
  store<f32>(to, 0);
  const own = (d + 1) * CORNER;
  const stride = corners * CORNER;
  const start = records + cornersDone * CORNER;
  const end = start + real * stride;
  for (let pixel = start; pixel < end; pixel += stride) {
    for (let corner = pixel; corner < pixel + own; corner += 3 * CORNER) {
      const a = from + (load<u32>(corner) >> 2);
      const b = from + (load<u32>(corner, 8) >> 2);
      const c = from + (load<u32>(corner, 16) >> 2);
      store<f32>(a, load<f32>(a) + load<f32>(corner, 4));
      store<f32>(b, load<f32>(b) + load<f32>(corner, 12));
      store<f32>(c, load<f32>(c) + load<f32>(corner, 20));
    }
  }
  for (let j = 0; j <= d; j++) {
    for (let at = vertices << 2; at < bytes; at += 4, links += LINK) {
      const near = load<f32>(from + (load<u32>(links) >> 2)) + load<f32>(from + (load<u32>(links, 4) >> 2));
      store<f32>(to + at, load<f32>(from + at) + <f32> 0.5 * near);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  const alpha = <f32> 1 / (<f32> 1 + <f32> 1 / <f32> (1 << d));
  for (let pixel = start; pixel < end; pixel += stride) {
    let sum: f32 = 0;
    for (let corner = pixel; corner < pixel + own; corner += 3 * CORNER) {
      sum += load<f32>(from + (load<u32>(corner) >> 2)) * load<f32>(corner, 4);
      sum += load<f32>(from + (load<u32>(corner, 8) >> 2)) * load<f32>(corner, 12);
      sum += load<f32>(from + (load<u32>(corner, 16) >> 2)) * load<f32>(corner, 20);
    }
    const factor = Mathf.sqrt(weight * alpha / (sum * alpha + <f32> 1e-20));
    for (let corner = pixel; corner < pixel + own; corner += 3 * CORNER) {
      store<f32>(corner, load<f32>(corner, 4) * factor, 4);
      store<f32>(corner, load<f32>(corner, 12) * factor, 12);
      store<f32>(corner, load<f32>(corner, 20) * factor, 20);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------- Mean field

let labels: usize = 0; // of one CRF
let problems: usize = 0; // CRFs on the image that are solved side by side
let planes: usize = 0; // planes of four lanes that their label differences fill
let planeBytes: usize = 0;
let splatted: usize = 0; // [planes][vertices] of VERTEX bytes
let blurred: usize = 0;
let spare: usize = 0;
let lanes: usize = 0; // [planes · 4] vectors: values of four pixels
let marginals: usize = 0; // [problems][labels][pixels] f32
let winners: usize = 0; // [problems][pixels] u8

/**
 * Takes memory for CRFs of `labelsOfProblem` labels on the finished lattices and returns the marginals' place. Row
 * l > 0 of a CRF is to be filled with U(0) − U(l); the last iteration puts the marginals there.
 */
export function beginInference(labelsOfProblem: usize, numberOfProblems: usize): usize {
  labels = labelsOfProblem;
  problems = numberOfProblems;
  planes = (problems * (labels - 1) + 3) >> 2;
  planeBytes = <usize> vertices * VERTEX;
  top = latticeEnd;
  lanes = take(planes * 4 * 16);
  marginals = take(<u64> problems * labels * pixels * 4);
  winners = take(<u64> problems * pixels);
  splatted = take(<u64> planes * planeBytes);
  blurred = take(<u64> planes * planeBytes);
  spare = take(<u64> planes * planeBytes);
  memory.fill(lanes, 0, planes * 4 * 16);
  memory.fill(splatted, 0, planes * planeBytes);
  for (let plane: usize = 0; plane < planes; plane++) {
    v128.store(blurred + plane * planeBytes, i32x4.splat(0));
    v128.store(spare + plane * planeBytes, i32x4.splat(0));
  }
  return marginals;
}

/** Where the last iteration leaves the likeliest labels. */
export function winnersStart(): usize {
  return winners;
}

/** Pixels of the image, padded: the length of a row of marginals. */
export function paddedPixels(): usize {
  return pixels;
}

/** Blurs what was splatted: along every direction of every term, a vertex gains half of both neighbours. */
export function blur(): void {
  for (let plane: usize = 0; plane < planes; plane++) {
    const offset = plane * planeBytes;
    for (let term: usize = 0; term < terms; term++) {
      const directions = load<i32>(TERM_DIMENSIONS + (term << 2)) + 1;
      const first = load<usize>(TERM_FIRST + (term << 2)) * VERTEX;
      const row = load<usize>(TERM_COUNT + (term << 2)) * LINK;
      let links = load<usize>(TERM_LINKS + (term << 2));
      let from = splatted;
      for (let j = 0; j < directions; j++) {
        const to = (directions - j) & 1 ? blurred : spare; // so that the last direction fills `blurred`
        blurDirection(from + offset, to + offset, first, links, links + row);
        links += row;
        from = to;
      }
    }
  }
}

/** One direction of the blur, for one plane of one term. */
function blurDirection(from: usize, to: usize, first: usize, links: usize, end: usize): void {
  const half = f32x4.splat(0.5);
  for (let at = first; links < end; links += LINK, at += VERTEX) {
    const near = f32x4.add(v128.load(from + load<u32>(links)), v128.load(from + load<u32>(links, 4)));
    v128.store(to + at, f32x4.relaxed_madd(near, half, v128.load(from + at)));
  }
}

/** Slices one pixel: the weighted sum of its corners. Corners come in threes. */

function slice(record: usize, plane: usize): v128 {
  let sum = f32x4.splat(0);
  for (const end = record + corners * CORNER; record < end; record += 3 * CORNER) {
    const a = v128.load(plane + load<u32>(record));
    const b = v128.load(plane + load<u32>(record, 8));
    const c = v128.load(plane + load<u32>(record, 16));
    sum = f32x4.relaxed_madd(a, v128.load_splat<f32>(record, 4), sum);
    sum = f32x4.relaxed_madd(b, v128.load_splat<f32>(record, 12), sum);
    sum = f32x4.relaxed_madd(c, v128.load_splat<f32>(record, 20), sum);
  }
  return sum;
}

/** Splats one pixel: adds its value to its corners. */

function splat(record: usize, plane: usize, value: v128): void {
  for (const end = record + corners * CORNER; record < end; record += 3 * CORNER) {
    const a = plane + load<u32>(record);
    const b = plane + load<u32>(record, 8);
    const c = plane + load<u32>(record, 16);
    v128.store(a, f32x4.relaxed_madd(value, v128.load_splat<f32>(record, 4), v128.load(a)));
    v128.store(b, f32x4.relaxed_madd(value, v128.load_splat<f32>(record, 12), v128.load(b)));
    v128.store(c, f32x4.relaxed_madd(value, v128.load_splat<f32>(record, 20), v128.load(c)));
  }
}

/** Stores the transpose of four vectors, or of what they hold of four pixels. */

function storeTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab0, cd0, 0, 2));
  v128.store(to, v128.shuffle<f64>(ab0, cd0, 1, 3), 16);
  v128.store(to, v128.shuffle<f64>(ab1, cd1, 0, 2), 32);
  v128.store(to, v128.shuffle<f64>(ab1, cd1, 1, 3), 48);
}

/**
 * eˣ for x ≤ 0 to 1e-7 of its value, exactly 1 for 0: 2ⁿ·eʳ with |r| ≤ ½ ln 2, and a polynomial for eʳ. Stops at e⁻⁶⁰,
 * which keeps subnormal numbers, and with them a tenfold slowness, out of the lattice.
 */

function exp(x: v128): v128 {
  const clipped = f32x4.pmax(x, f32x4.splat(-60));
  // Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
  const shifted = f32x4.relaxed_madd(clipped, f32x4.splat(1.44269504), f32x4.splat(12582912));
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  // ln 2 in two parts, so that the product with the first is exact.
  let r = f32x4.relaxed_nmadd(n, f32x4.splat(0.693359375), clipped);
  r = f32x4.relaxed_nmadd(n, f32x4.splat(-2.12194440e-4), r);
  let y = f32x4.relaxed_madd(r, f32x4.splat(1.9875691e-4), f32x4.splat(1.3981999e-3));
  y = f32x4.relaxed_madd(y, r, f32x4.splat(8.3334519e-3));
  y = f32x4.relaxed_madd(y, r, f32x4.splat(4.1665796e-2));
  y = f32x4.relaxed_madd(y, r, f32x4.splat(1.6666665e-1));
  y = f32x4.relaxed_madd(y, r, f32x4.splat(0.5));
  y = f32x4.add(f32x4.relaxed_madd(y, f32x4.mul(r, r), r), f32x4.splat(1));
  return f32x4.mul(y, i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(0x3f800000)));
}

/**
 * One mean-field update of pixels `from` … `to` − 1, multiples of four: slices the blurred differences (unless this is
 * the first, Q = softmax(−U)), takes the softmax, and splats the new differences for the next iteration, so that each
 * pixel's corners are read once. The last update writes marginals and winners instead.
 */
export function update(from: usize, to: usize, isFirst: bool, isLast: bool): void {
  const stride = corners * CORNER;
  const rowBytes = pixels << 2;
  let record = records + from * stride;
  for (let p = from; p < to; p += 4, record += 4 * stride) {
    if (!isFirst) {
      let plane = blurred;
      for (let at = lanes; plane < blurred + planes * planeBytes; plane += planeBytes, at += 64) {
        const a = slice(record, plane);
        const b = slice(record + stride, plane);
        const c = slice(record + 2 * stride, plane);
        const d = slice(record + 3 * stride, plane);
        storeTransposed(at, a, b, c, d);
      }
    }

    let lane = lanes;
    let row = marginals + (p << 2);
    for (let problem: usize = 0; problem < problems; problem++) {
      const zero = row; // row of label 0
      const lanesEnd = lane + ((labels - 1) << 4);
      let highest = f32x4.splat(0); // label 0 is what all others are measured against
      row += rowBytes;
      for (let at = lane; at < lanesEnd; at += 16, row += rowBytes) {
        const logit = isFirst ? v128.load(row) : f32x4.add(v128.load(at), v128.load(row));
        v128.store(at, logit);
        highest = f32x4.pmax(highest, logit);
      }
      const e0 = exp(f32x4.neg(highest));
      let sum = e0;
      for (let at = lane; at < lanesEnd; at += 16) {
        const e = exp(f32x4.sub(v128.load(at), highest));
        v128.store(at, e);
        sum = f32x4.add(sum, e);
      }
      const scale = f32x4.div(f32x4.splat(1), sum);
      if (!isLast) {
        for (let at = lane; at < lanesEnd; at += 16) {
          v128.store(at, f32x4.mul(f32x4.sub(v128.load(at), e0), scale));
        }
      } else {
        let best = f32x4.mul(e0, scale);
        let winner = i32x4.splat(0);
        v128.store(zero, best);
        for (let at = lane, label = 1, q = zero + rowBytes; at < lanesEnd; at += 16, label++, q += rowBytes) {
          const marginal = f32x4.mul(v128.load(at), scale);
          v128.store(q, marginal);
          const better = f32x4.gt(marginal, best); // ties stay with the lower label
          best = v128.bitselect(marginal, best, better);
          winner = v128.bitselect(i32x4.splat(label), winner, better);
        }
        const bytes = v128.shuffle<i8>(winner, winner, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
        v128.store_lane<i32>(winners + problem * pixels + p, bytes, 0);
      }
      lane = lanesEnd;
    }

    if (!isLast) {
      let plane = splatted;
      for (let at = lanes; plane < splatted + planes * planeBytes; plane += planeBytes, at += 64) {
        storeTransposed(at, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
        splat(record, plane, v128.load(at));
        splat(record + stride, plane, v128.load(at, 16));
        splat(record + 2 * stride, plane, v128.load(at, 32));
        splat(record + 3 * stride, plane, v128.load(at, 48));
      }
    }
  }
}

/** Empties the splatting planes for the next update; the blurred ones are ready to be sliced. */
export function clear(): void {
  memory.fill(splatted, 0, planes * planeBytes);
}
