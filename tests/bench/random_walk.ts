/**
 * Random walk: four maps on a VOC-sized grid, from the boundary map to the result, against scipy's sparse products, and
 * against squaring the dense matrix again and again as the released code does.
 * `deno run -A tests/bench/random_walk.ts`
 * @module
 */
import { propagate } from "../../lib/affinity/mod.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

const count = 4, height = 94, width = 125, radius = 5, beta = 10, steps = 256;

/** The matrix in Python, CSR in float32. */
const matrix = `
import sys, time, json
import numpy as np, scipy.sparse as sp
count, height, width, radius, beta, steps, repeats = json.loads(sys.argv[1])
data = np.frombuffer(sys.stdin.buffer.read(), np.float32)
edge, maps = data[:height*width].reshape(height, width), data[height*width:].reshape(count, height*width)
reach = radius - 1
offsets = [(0, x) for x in range(1, radius)] + [(y, x) for y in range(1, radius) for x in range(-reach, radius) if y*y + x*x < radius*radius]
def path(dy, dx):
    return [(y, x) for y in range(dy + 1) for x in range(min(dx, 0), max(dx, 0) + 1) if (dy*x - dx*y)**2 < dy*dy + dx*dx]
paths = [path(*o) for o in offsets]
index = np.arange(height*width).reshape(height, width)
def matrix():
    rows, columns, values = [np.arange(height*width)], [np.arange(height*width)], [np.ones(height*width, np.float32)]
    for (dy, dx), points in zip(offsets, paths):
        y0, y1, x0, x1 = 0, height - dy, max(0, -dx), width - max(0, dx)
        top = edge[y0:y1, x0:x1].copy()
        for y, x in points:
            np.maximum(top, edge[y0+y:y1+y, x0+x:x1+x], out=top)
        weight = ((1 - top)**beta).ravel()
        i, j = index[y0:y1, x0:x1].ravel(), index[y0+dy:y1+dy, x0+dx:x1+dx].ravel()
        rows += [i, j]; columns += [j, i]; values += [weight, weight]
    a = sp.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), dtype=np.float32)
    return sp.diags(1/np.asarray(a.sum(1)).ravel()).astype(np.float32) @ a
`;

/** The walk with the maps as one dense block [pixels, maps], matrix included. */
const sparse = `${matrix}
def run():
    a = matrix()
    x = np.ascontiguousarray((maps*(1 - edge.ravel())).T)
    for _ in range(steps):
        x = a @ x
    return x.T
best = 1e9
for _ in range(repeats):
    start = time.perf_counter(); result = run(); best = min(best, time.perf_counter() - start)
print(json.dumps(dict(ms=best*1e3, result=np.ascontiguousarray(result, np.float64).ravel()[::97].tolist())))
`;

/**
 * The dense matrix squared until its power is `steps`: the time of a sixteenth of the rows of one square, which are
 * checked, times sixteen times the number of squares. All of it takes minutes.
 */
const dense = `${matrix}
a = matrix()
full, rows = a.toarray(), a.shape[0]//16
best = 1e9
for _ in range(repeats):
    start = time.perf_counter(); square = full[:rows] @ full; best = min(best, time.perf_counter() - start)
assert np.allclose(square, (a[:rows] @ a).toarray(), atol=1e-5)
print(json.dumps(dict(ms=best*1e3*a.shape[0]/rows*np.log2(steps), result=[])))
`;

const options = { count, height, width, radius, beta, steps };

function measured() {
  const boundary = Float32Array.from({ length: height * width }, () => Math.random() ** 4);
  const maps = Float32Array.from({ length: count * height * width }, () => Math.random());
  const { ms, result } = bestOf(20, () => propagate(maps, boundary, options));
  return { inputs: [boundary, maps], ms, result };
}

function settings(repeats: number): string {
  return JSON.stringify([count, height, width, radius, beta, steps, repeats]);
}

/** Runs both and checks that they agree. */
export async function run(): Promise<BenchResult> {
  const { inputs, ms, result } = measured(), theirs = await runPeer(sparse, settings(3), inputs);
  theirs.result.forEach((value, i) => {
    const difference = Math.abs(value - result[97 * i]!);
    if (!(difference < 1e-3)) throw new Error(`Expected the walks to agree but found a difference of ${difference}`);
  });
  return { name: "random_walk", ours_ms: ms, peer_ms: theirs.ms, ratio: ms / theirs.ms };
}

/** Runs ours, and a part of the squares of the dense matrix. */
export async function runDense(): Promise<BenchResult> {
  const { inputs, ms } = measured(), theirs = await runPeer(dense, settings(2), inputs);
  return { name: "random_walk_dense", ours_ms: ms, peer_ms: theirs.ms, ratio: ms / theirs.ms };
}

if (import.meta.main) console.log(await run(), await runDense());
