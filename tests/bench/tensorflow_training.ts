/**
 * Training on the `tensorflow` backend, 512×512 images in batches of four, against PyTorch on as many threads: a step
 * (loss and all gradients that are needed) of IRNet's branches on EfficientNet-Lite0's taps, and of EfficientNet-Lite0
 * with the layers that CAM training changes.
 * `deno run -A tests/bench/tensorflow_training.ts`
 * @module
 */
import { camLogits, classifierParameters } from "../../lib/cam/network.ts";
import { boundaryBranch, displacementBranch, headParameters } from "../../lib/irnet/network.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { efficientnetLite } from "../../lib/nn/mod.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { toParams } from "../../lib/weights/mod.ts";
import { openGradients } from "./_gradients.ts";
import { type BenchResult, bestOf, runPeer } from "./_peer.ts";

const batch = 4, side = 512, classes = 20, repeats = 5;

const peer = `
import sys, time, json
import torch, torch.nn.functional as F
from torch import nn
part, batch, side, classes, repeats = json.loads(sys.argv[1])
sys.stdin.buffer.read()
channels_last = torch.channels_last
def image(c, h): return torch.randn(batch, c, h, h).contiguous(memory_format=channels_last)
def best(step):
    ms = 1e9
    for _ in range(repeats):
        start = time.perf_counter(); step(); ms = min(ms, time.perf_counter() - start)
    print(json.dumps(dict(ms=ms * 1e3, result=[])))

class Same(nn.Conv2d):  # folded batch norm
    def forward(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        p = max((-(-x.shape[2] // s) - 1) * s + k - x.shape[2], 0)
        if p: x = F.pad(x, (p // 2, p - p // 2, p // 2, p - p // 2))
        return super().forward(x)
class Block(nn.Module):
    def __init__(self, i, o, k, s, e):
        super().__init__()
        m = i * e
        self.expand = Same(i, m, 1) if e > 1 else None
        self.depthwise = Same(m, m, k, stride=s, groups=m)
        self.project = Same(m, o, 1)
        self.residual = s == 1 and i == o
    def forward(self, x):
        y = F.relu6(self.expand(x)) if self.expand else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y

if part == "efficientnet":
    layout = [(1, 3, 1, 16, 1), (2, 3, 2, 24, 6), (2, 5, 2, 40, 6), (3, 3, 2, 80, 6), (3, 5, 1, 112, 6), (4, 5, 1, 192, 6), (1, 3, 1, 320, 6)]
    blocks, i = [], 32
    for n, k, s, o, e in layout:
        for j in range(n):
            blocks.append(Block(i, o, k, s if j == 0 else 1, e)); i = o
    stem, head = Same(3, 32, 3, stride=2), Same(320, 1280, 1)
    early, late = nn.Sequential(*blocks[:11]), nn.Sequential(*blocks[11:])
    classifier = nn.Linear(1280, classes, bias=False)
    for m in (stem, early, late, head): m.to(memory_format=channels_last)
    x, y = image(3, side), (torch.rand(batch, classes) > 0.5).float()
    trained = [*late.parameters(), *head.parameters(), *classifier.parameters()]
    def step():
        with torch.no_grad(): h = early(F.relu6(stem(x)))
        loss = F.multilabel_soft_margin_loss(classifier(F.relu6(head(late(h))).mean((2, 3))), y)
        torch.autograd.grad(loss, trained)
    best(step)
else:
    widths, strides = [96, 144, 240, 672, 1280], [4, 4, 8, 16, 16]
    def layer(i, o, g, up=1):
        parts = [nn.Conv2d(i, o, 1, bias=False), nn.GroupNorm(g, o)]
        if up > 1: parts.append(nn.Upsample(scale_factor=up, mode="bilinear", align_corners=False))
        return nn.Sequential(*parts, nn.ReLU())
    e = nn.ModuleList(layer(w, 32, 4, s // 4) for w, s in zip(widths, strides))
    e6 = nn.Conv2d(160, 1, 1)
    outs = [(64, 8, 1), (128, 16, 1), (256, 16, 1), (256, 16, 2), (256, 16, 2)]
    d = nn.ModuleList(layer(w, o, g, up) for w, (o, g, up) in zip(widths, outs))
    d6, d7, d8 = layer(768, 256, 16, 2), layer(448, 256, 16), nn.Conv2d(256, 2, 1, bias=False)
    net = nn.ModuleList([e, e6, d, d6, d7, d8]).to(memory_format=channels_last)
    taps = [image(w, side // s) for w, s in zip(widths, strides)]
    def step():
        edge = e6(torch.cat([f(t) for f, t in zip(e, taps)], 1))
        a = [f(t) for f, t in zip(d, taps)]
        dp = d8(d7(torch.cat([a[0], a[1], d6(torch.cat(a[2:], 1))], 1)))
        torch.autograd.grad(edge.sigmoid().mean() + dp.square().mean(), list(net.parameters()))
    best(step)
`;

/** Times a step of IRNet's branches. */
export async function run(): Promise<BenchResult> {
  await useBackend("tensorflow");
  const { taps } = efficientnetLite("efficientnet_lite0");
  const params = toParams(initialise(headParameters(taps, 256), { seed: 1, method: "he" }), headParameters(taps, 256));
  const inputs = taps.map(({ stride, channels }) =>
    tf.randomNormal<tf.Rank.R4>([batch, side / stride, side / stride, channels])
  );
  const step = openGradients(params, Object.keys(params), (current) => {
    const boundary = boundaryBranch(current, inputs, taps), displacement = displacementBranch(current, inputs, taps);
    return boundary.sigmoid().mean().add(displacement.square().mean());
  });
  const ours = bestOf(repeats, step).ms;
  tf.dispose([params, inputs]);
  return await compare("tensorflow_irnet", "heads", ours);
}

/** Times a step of CAM training. */
export async function runCam(): Promise<BenchResult> {
  await useBackend("tensorflow");
  const backbone = efficientnetLite("efficientnet_lite0");
  const specs = [...backbone.parameters, ...classifierParameters(backbone, classes)];
  const params = toParams({
    ...backbone.initialise(0),
    ...initialise(classifierParameters(backbone, classes), { seed: 1, method: "he" }),
  }, specs);
  const trained = Object.keys(params).filter((name) => backbone.trainsForCam(name) || name.startsWith("classifier"));
  const frozen = backbone.fold(Object.fromEntries(Object.entries(params).filter(([name]) => !trained.includes(name))));
  const images = tf.randomNormal<tf.Rank.R4>([batch, side, side, 3]);
  const step = openGradients(
    params,
    trained,
    (current) => camLogits({ backbone, params: { ...current, ...frozen } }, images, { detach: true }).softplus().mean(),
  );
  const ours = bestOf(repeats, step).ms;
  tf.dispose([params, frozen, images]);
  return await compare("tensorflow_cam", "efficientnet", ours);
}

async function compare(name: string, part: string, ours: number): Promise<BenchResult> {
  const { ms } = await runPeer(peer, JSON.stringify([part, batch, side, classes, repeats]), []);
  return { name, ours_ms: ours, peer_ms: ms, ratio: ours / ms };
}

if (import.meta.main) {
  console.log(await run());
  console.log(await runCam());
}
