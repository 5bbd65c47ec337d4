/**
 * Losses on all pairs of a 128×128 map at radius 10, with gradients, against PyTorch.
 * `deno run -A tests/bench/path_affinity.ts`
 * @module
 */
import { pairCounts, pairLosses } from "../../lib/irnet/losses.ts";
import { pathIndex } from "../../lib/relation/mod.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

const side = 128, radius = 10;

/** The released code's way: all paths gathered group by group, max-pooled; all pairs of displacements gathered. */
const peer = `
import sys, time, json
import numpy as np, torch
import torch.nn.functional as F
side, radius, repeats = json.loads(sys.argv[1])
n = side*side
data = np.frombuffer(sys.stdin.buffer.read(), np.float32)
logits = torch.tensor(data[:n].reshape(1, 1, side, side))
field = torch.tensor(data[n:3*n].reshape(1, side, side, 2)).permute(0, 3, 1, 2).contiguous()
label = torch.tensor(data[3*n:].astype(np.int64))
reach = radius - 1
offsets = [(0, x) for x in range(1, radius)] + [(y, x) for y in range(1, radius) for x in range(-reach, radius) if y*y + x*x < radius*radius]
def path(dy, dx):
    points = [(y, x) for y in range(dy + 1) for x in range(min(dx, 0), max(dx, 0) + 1) if (dy*x - dx*y)**2 < dy*dy + dx*dx]
    return sorted(points, key=lambda p: -abs(p[0]) - abs(p[1]))
groups = {}
for o in offsets:
    groups.setdefault(len(path(*o)), []).append(path(*o))
groups = [groups[k] for k in sorted(groups)]
grid = torch.arange(n).view(side, side)
source = grid[:side-reach, reach:side-reach].reshape(-1)
indices = [source + torch.tensor([[y*side + x for y, x in p] for p in g])[:, :, None] for g in groups]
to = torch.cat([i[:, 0] for i in indices])
target = torch.tensor([p[0] for g in groups for p in g]).t()[None, :, :, None].float()
s, d = label[source][None], label[to]
known = (s < 21) & (d < 21)
bg = (known & (s == d) & (s == 0)).float()[None]; fg = (known & (s == d) & (s > 0)).float()[None]; neg = (known & (s != d)).float()[None]
def run():
    e = logits.clone().requires_grad_(); v = field.clone().requires_grad_()
    flat = torch.sigmoid(e).view(1, -1)
    parts = []
    for i in indices:
        paths = torch.index_select(flat, 1, i.reshape(-1)).view(1, *i.shape)
        parts.append(F.max_pool2d(paths, kernel_size=(i.shape[1], 1), stride=(1, 1)).squeeze(2))
    a = 1 - torch.cat(parts, 1)
    u = v.view(1, 2, -1)
    pair = u[:, :, source][:, :, None] - torch.index_select(u, 2, to.reshape(-1)).view(1, 2, *to.shape)
    pos = -torch.log(a + 1e-5)
    l_pos = (bg*pos).sum()/(bg.sum() + 1e-5)/2 + (fg*pos).sum()/(fg.sum() + 1e-5)/2
    l_neg = (neg*-torch.log(1 + 1e-5 - a)).sum()/(neg.sum() + 1e-5)
    l_fg = (fg[:, None]*(pair - target).abs()).sum()/(2*fg.sum() + 1e-5)
    l_bg = (bg[:, None]*pair.abs()).sum()/(2*bg.sum() + 1e-5)
    total = (l_pos + l_neg)/2 + (l_fg + l_bg)/2
    total.backward()
    return total.item(), e.grad.flatten(), v.grad.permute(0, 2, 3, 1).flatten()
best = 1e9
for _ in range(repeats):
    start = time.perf_counter(); total, edge, vector = run(); best = min(best, time.perf_counter() - start)
print(json.dumps(dict(ms=best*1e3, result=[total] + edge[::31].tolist() + vector[::31].tolist())))
`;

/** Runs both and checks that they agree. */
export async function run(): Promise<BenchResult> {
  const size = { height: side, width: side }, pixels = side * side, index = pathIndex(radius);
  const logits = Float32Array.from({ length: pixels }, () => 6 * Math.random() - 4);
  const displacement = Float32Array.from({ length: 2 * pixels }, () => 8 * Math.random() - 4);
  // An object and a second one on background, each with an uncertain rim: a tenth of the map.
  const label = Uint8Array.from({ length: pixels }, (_, i) => {
    const y = Math.floor(i / side), x = i % side;
    const first = Math.hypot(y - 50, x - 45) - 32, second = Math.hypot(y - 90, x - 95) - 22;
    return Math.min(Math.abs(first), Math.abs(second)) < 2.5 ? 255 : first < 0 ? 3 : second < 0 ? 15 : 0;
  });
  const ours = bestOf(20, () => {
    const counts = pairCounts([label], { index, size });
    return pairLosses(logits, displacement, { labels: [label], index, size, counts });
  });
  const inputs = [logits, displacement, Float32Array.from(label)];
  const theirs = await runPeer(peer, JSON.stringify([side, radius, 5]), inputs);

  const { total, logitsGradient, displacementGradient } = ours.result;
  const every31st = (values: Float32Array) => [...values].filter((_, i) => i % 31 === 0);
  const found = [total, ...every31st(logitsGradient), ...every31st(displacementGradient)];
  found.forEach((value, i) => {
    const difference = Math.abs(value - theirs.result[i]!);
    if (!(difference < 1e-4)) throw new Error(`Expected the losses to agree but found a difference of ${difference}`);
  });
  return { name: "path_affinity", ours_ms: ours.ms, peer_ms: theirs.ms, ratio: ours.ms / theirs.ms };
}

if (import.meta.main) console.log(await run());
