/** How a matrix product is cut into workgroups. */

/** Sides of a matrix product: result [rows, columns], every value a sum of `sum` products. */
export interface ProductSize {
  readonly rows: number;
  readonly columns: number;
  readonly sum: number;
}

/** The part of the result that a workgroup computes, with `depth` summands in its memory at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Rows and columns of the part of it that one invocation computes: multiples of four. */
  readonly share: readonly [rows: number, columns: number];
}

/** A way to compute a product. */
export interface ProductPlan {
  readonly tile: Tile;
  /** Parts that the sum is cut into, where the result alone has too few tiles to keep a processor busy. */
  readonly splits: number;
  /** Summands of a part: a multiple of the tile's depth. */
  readonly perSplit: number;
}

/** What WebGPU has at the least. */
const guaranteed = { storageBytes: 16384 };

/** A large GPU: what fills it fills a small one too, and WebGPU does not tell which one it is. */
const processors = 128;
/** Invocations that a processor needs to hide its latencies, with 64 sums in each. */
const busy = 256;
/** Time of a multiplication in units of itself, of moving a number to memory or back, and of starting a program. */
const cost = { move: 40, start: 1e6, tile: 4 * 16 };

const shapes: readonly Omit<Tile, "depth">[] = [
  { rows: 128, columns: 128, share: [8, 8] },
  { rows: 128, columns: 64, share: [8, 8] },
  { rows: 64, columns: 128, share: [8, 8] },
  { rows: 64, columns: 64, share: [8, 8] },
  { rows: 128, columns: 32, share: [8, 4] },
  { rows: 32, columns: 32, share: [4, 4] },
];
const splittings = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/** Every tile that fits into a workgroup's memory. */
export function tiles({ storageBytes }: { storageBytes: number } = guaranteed): Tile[] {
  return shapes.map((shape) => {
    const deep = { ...shape, depth: 16 };
    return tileBytes(deep) <= storageBytes ? deep : { ...shape, depth: 8 };
  });
}

/** Invocations in a tile's workgroup. */
export function invocations({ rows, columns, share }: Tile): number {
  return (rows / share[0]) * (columns / share[1]);
}

/** Memory of a tile's workgroup: the two operands, in vectors of four, with one vector of padding a row. */
export function tileBytes({ rows, columns, depth }: Tile): number {
  return depth * (rows / 4 + 1 + columns / 4 + 1) * 16;
}

/** Cuts a sum into parts of whole tile depths. */
export function planSplits({ sum }: ProductSize, { tile, splits }: { tile: Tile; splits: number }): ProductPlan {
  const perSplit = Math.max(Math.ceil(sum / splits / tile.depth), 1) * tile.depth;
  return { tile, splits: Math.max(Math.ceil(sum / perSplit), 1), perSplit };
}

/**
 * Chooses the tile and the number of parts that take the least time by a simple model: workgroups are dealt to the
 * processors in turn, a processor is as fast as its invocations are many, and an invocation's speed grows with its share.
 *
 * @param options Memory of a workgroup, whether the sum may be cut, and the result's copies if there are several.
 */
export function planProduct(
  size: ProductSize,
  { storageBytes = guaranteed.storageBytes, splittable = true, copies = 1 }: {
    storageBytes?: number;
    splittable?: boolean;
    copies?: number;
  } = {},
): ProductPlan {
  let best: ProductPlan | undefined, least = Infinity;
  for (const tile of tiles({ storageBytes })) {
    for (const splits of splittable ? splittings : [1]) {
      const plan = planSplits(size, { tile, splits });
      const time = estimate(size, { ...plan, copies });
      if (time < least) {
        best = plan;
        least = time;
      }
    }
  }
  return best!;
}

/**
 * The plan for an adapter that is a program on the processor: whole sums and the smallest tile, since it takes seconds
 * to compile what is written out for large ones.
 */
export function planOnProcessor(size: ProductSize): ProductPlan {
  return planSplits(size, { tile: { ...shapes.at(-1)!, depth: 8 }, splits: 1 });
}

function estimate(
  { rows, columns }: ProductSize,
  { tile, splits, perSplit, copies }: ProductPlan & { copies: number },
): number {
  const workgroups = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * splits * copies;
  const perProcessor = Math.ceil(workgroups / processors);
  const [high, wide] = tile.share;
  // A share reads high + wide numbers for high · wide products; reading is what 8 × 8 of them just keeps pace with.
  const speed = Math.min((high * wide) / (4 * (high + wide)), 1) *
    Math.min(perProcessor * invocations(tile) / busy, 1);
  const multiplying = perProcessor * tile.rows * tile.columns * (perSplit + cost.tile) / speed;
  const summing = splits > 1 ? cost.start + 2 * splits * rows * columns * cost.move / processors : 0;
  return multiplying + summing;
}
