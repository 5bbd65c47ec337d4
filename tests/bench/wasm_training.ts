/**
 * Training on the `wasm` backend: a step (loss and all gradients) of the sample network's classifier, 16 images of
 * 160×160, against PyTorch on one thread; and the rate of every convolution in it.
 * `deno run -A tests/bench/wasm_training.ts`
 * @module
 */
import { camLogits, classifierParameters } from "../../lib/cam/network.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { sampleNet } from "../../lib/nn/mod.ts";
import { kernels } from "../../lib/tensor/_kernels.ts";
import { conv2d, useBackend } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { toParams } from "../../lib/weights/mod.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

const batch = 16, side = 160, classes = 4;

const peer = `
import sys, time, json
import torch, torch.nn.functional as F
torch.set_num_threads(1)
batch, side, classes, repeats = json.loads(sys.argv[1])
sys.stdin.buffer.read()
blocks = [(16, 24, 1, 3), (24, 48, 2, 3), (48, 64, 1, 3), (64, 96, 1, 1)]
def conv(i, o, k): return torch.nn.Conv2d(i, o, k, padding=k//2)
net = torch.nn.ModuleDict(dict(stem=conv(3, 16, 3), classifier=torch.nn.Linear(96, classes, bias=False)))
net["stem"].stride = 2
for n, (i, o, s, k) in enumerate(blocks):
    a, b, c = conv(i, o, k), conv(o, o, k), conv(i, o, 1)
    a.stride = c.stride = s
    net.update({f"a{n}": a, f"b{n}": b, f"c{n}": c})
net = net.to(memory_format=torch.channels_last)
x = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
y = (torch.rand(batch, classes) > 0.5).float()
def step():
    for p in net.parameters(): p.grad = None
    h = F.max_pool2d(F.relu(net["stem"](x)), 3, 2, 1)
    for n in range(4):
        h = F.relu(net[f"b{n}"](F.relu(net[f"a{n}"](h))) + net[f"c{n}"](h))
    F.multilabel_soft_margin_loss(net["classifier"](h.mean((2, 3))), y).backward()
best = 1e9
for _ in range(repeats):
    start = time.perf_counter(); step(); best = min(best, time.perf_counter() - start)
print(json.dumps(dict(ms=best*1e3, result=[])))
`;

/** Times a step of ours and of PyTorch's. */
export async function run(): Promise<BenchResult> {
  await useBackend("wasm");
  const specs = [...sampleNet.parameters, ...classifierParameters(sampleNet, classes)];
  const params = toParams(initialise(specs, { seed: 0, method: "he" }), specs);
  const images = tf.randomNormal<tf.Rank.R4>([batch, side, side, 3]);
  const labels = tf.randomUniform<tf.Rank.R2>([batch, classes]).round<tf.Tensor2D>();
  const loss = () =>
    tf.losses.sigmoidCrossEntropy(labels, camLogits({ backbone: sampleNet, params }, images)) as tf.Scalar;
  const ours = bestOf(15, () => {
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(params));
    tf.dispose([value, ...grads]);
  });
  const theirs = await runPeer(peer, JSON.stringify([batch, side, classes, 10]), []);
  return { name: "wasm_training", ours_ms: ours.ms, peer_ms: theirs.ms, ratio: ours.ms / theirs.ms };
}

/** Prints GFLOP/s of the three passes of every convolution of the network. */
function printRates(): void {
  const layers = [[160, 3, 16, 3, 2], [40, 16, 24, 3, 1], [40, 24, 24, 3, 1], [40, 16, 24, 1, 1], [40, 24, 48, 3, 2]]
    .concat([[20, 48, 48, 3, 1], [40, 24, 48, 1, 2], [20, 48, 64, 3, 1], [20, 64, 64, 3, 1], [20, 48, 64, 1, 1]])
    .concat([[20, 64, 96, 1, 1], [20, 96, 96, 1, 1]]) as [number, number, number, number, number][];
  for (const [size, channels, outputs, kernel, stride] of layers) {
    const x = tf.randomNormal<tf.Rank.R4>([batch, size, size, channels]);
    const filter = tf.randomNormal<tf.Rank.R4>([kernel, kernel, channels, outputs]);
    const p = (kernel - 1) / 2;
    const y = conv2d(x, filter, { stride, padding: p });
    const options = {
      window: { size: [kernel, kernel], stride, padding: [p, p, p, p] } as const,
      depthwise: false,
    };
    const rate = (pass: () => tf.Tensor) => {
      const { ms } = bestOf(10, () => pass().dispose());
      return (2 * y.size * kernel * kernel * channels / ms / 1e6).toFixed(1).padStart(6);
    };
    const forward = rate(() => conv2d(x, filter, { stride, padding: p }));
    const input = rate(() => kernels().convolveInputGradient(y, filter, { ...options, shape: x.shape }));
    const inFilter = rate(() => kernels().convolveFilterGradient(y, x, { ...options, shape: filter.shape }));
    const layer = `${kernel}×${kernel}, stride ${stride}, ${channels} → ${outputs} at ${size}²`;
    console.log(`${layer.padEnd(34)} forward ${forward}, input gradient ${input}, filter gradient ${inFilter} GFLOP/s`);
    tf.dispose([x, filter, y]);
  }
}

if (import.meta.main) {
  console.log(await run());
  printRates();
}
