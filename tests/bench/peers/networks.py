"""ResNet-50 at stride 16 and IRNet's networks in PyTorch, for comparison: prints {ms, result} of one piece of work.

Arguments: a JSON list [work, batch, side, repeats, threads]. `forward` and `training` are PyTorch at its best: channels
last, batch norms folded, automatic bfloat16 where the name says so. The others are the released code's configuration:
frozen batch norms as layers of their own, float32, its order of operations.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

work, batch, side, repeats, threads = json.loads(sys.argv[1])
sys.stdin.buffer.read()
torch.set_num_threads(threads)


def resnet():
    net = torchvision.models.resnet50().eval()
    net.layer4[0].conv2.stride = net.layer4[0].downsample[0].stride = (1, 1)
    return net


def fold(net):
    for layer in (net.layer1, net.layer2, net.layer3, net.layer4):
        for block in layer:
            for i in "123":
                setattr(block, "conv" + i, fuse_conv_bn_eval(getattr(block, "conv" + i), getattr(block, "bn" + i)))
                setattr(block, "bn" + i, nn.Identity())
            if block.downsample is not None:
                block.downsample = nn.Sequential(fuse_conv_bn_eval(*block.downsample))
    net.conv1, net.bn1 = fuse_conv_bn_eval(net.conv1, net.bn1), nn.Identity()
    return net


def stages(net):
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    return stem, net.layer1, net.layer2, net.layer3, net.layer4


def report(step):
    step()
    best = 1e9
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(dict(ms=best * 1e3, result=[memory])))


def trunk(precision):
    net = nn.Sequential(*stages(fold(resnet()))).to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    parameters = [p.requires_grad_() for p in net.parameters()]

    def forward():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            net(x)

    def training():
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = net(x).float().mean()
        torch.autograd.grad(loss, parameters)

    return forward, training


def cam_step():
    stem, layer1, layer2, layer3, layer4 = stages(resnet())
    classifier = nn.Conv2d(2048, 20, 1, bias=False)
    for module in (stem, layer1, layer2):
        module.requires_grad_(False)
    parameters = [*layer3.parameters(), *layer4.parameters(), *classifier.parameters()]
    x, y = torch.randn(batch, 3, side, side), (torch.rand(batch, 20) > 0.9).float()

    def step():
        h = layer2(layer1(stem(x))).detach()
        h = layer4(layer3(h)).mean((2, 3), keepdim=True)
        loss = F.multilabel_soft_margin_loss(classifier(h).view(batch, 20), y)
        torch.autograd.grad(loss, parameters)

    return step


def cam_extraction():
    net, classifier = nn.Sequential(*stages(resnet())), nn.Conv2d(2048, 20, 1, bias=False)
    sizes = [(round(375 * s), round(500 * s)) for s in (1, 0.5, 1.5, 2)]
    pairs = [torch.randn(2, 3, *size) for size in sizes]

    def step():
        with torch.no_grad():
            for x in pairs:
                maps = F.relu(F.conv2d(net(x), classifier.weight))
                (maps[0] + maps[1].flip(-1)).numpy()

    return step


class Heads(nn.Module):
    """IRNet's boundary and displacement branches."""

    def __init__(self):
        super().__init__()

        def layer(i, o, groups, up=1):
            parts = [nn.Conv2d(i, o, 1, bias=False), nn.GroupNorm(groups, o)]
            if up > 1:
                parts.append(nn.Upsample(scale_factor=up, mode="bilinear", align_corners=False))
            return nn.Sequential(*parts, nn.ReLU())

        widths = [64, 256, 512, 1024, 2048]
        self.edges = nn.ModuleList(layer(w, 32, 4, up) for w, up in zip(widths, (1, 1, 2, 4, 4)))
        self.edge = nn.Conv2d(160, 1, 1)
        outputs = [(64, 8, 1), (128, 16, 1), (256, 16, 1), (256, 16, 2), (256, 16, 2)]
        self.fields = nn.ModuleList(layer(w, *o) for w, o in zip(widths, outputs))
        self.merge8, self.merge4 = layer(768, 256, 16, 2), layer(448, 256, 16)
        self.field = nn.Conv2d(256, 2, 1, bias=False)

    def forward(self, taps):
        height, width = taps[1].shape[2:]
        edges = [edge(tap)[..., :height, :width] for edge, tap in zip(self.edges, taps)]
        a, b, *rest = [field(tap) for field, tap in zip(self.fields, taps)]
        rows, columns = rest[0].shape[2:]
        c = self.merge8(torch.cat([part[..., :rows, :columns] for part in rest], 1))[..., :height, :width]
        return self.edge(torch.cat(edges, 1)), self.field(self.merge4(torch.cat([a, b, c], 1)))


def taps_of(net, x):
    taps = []
    for stage in net:
        x = stage(x)
        taps.append(x.detach())
    return taps


def pairs(size, radius=10):
    """Paths of all pairs within a radius, grouped by their length, and where they end."""
    reach, n = radius - 1, size * size
    offsets = [(0, x) for x in range(1, radius)]
    offsets += [(y, x) for y in range(1, radius) for x in range(-reach, radius) if y * y + x * x < radius * radius]
    groups = {}
    for dy, dx in offsets:
        points = [(y, x) for y in range(dy + 1) for x in range(min(dx, 0), max(dx, 0) + 1)
                  if (dy * x - dx * y)**2 < dy * dy + dx * dx]
        groups.setdefault(len(points), []).append(sorted(points, key=lambda p: -abs(p[0]) - abs(p[1])))
    groups = [groups[k] for k in sorted(groups)]
    source = torch.arange(n).view(size, size)[:size - reach, reach:size - reach].reshape(-1)
    paths = [source + torch.tensor([[y * size + x for y, x in p] for p in g])[:, :, None] for g in groups]
    target = torch.tensor([p[0] for g in groups for p in g]).t()[None, :, :, None].float()
    return source, paths, target


def irnet_step():
    net, heads = stages(resnet()), Heads()
    x, size = torch.randn(batch, 3, side, side), side // 4
    source, paths, target = pairs(size)
    to = torch.cat([p[:, 0] for p in paths])
    label = torch.zeros(batch, size, size, dtype=torch.long)
    label[:, 20:90, 30:80], label[:, 18:92, 28:30], label[:, 18:20, 28:82] = 3, 255, 255
    s, d = label.view(batch, -1)[:, source][:, None], label.view(batch, -1)[:, to]
    known = (s < 21) & (d < 21)
    bg, fg, neg = [(known & m).float() for m in ((s == d) & (s == 0), (s == d) & (s > 0), s != d)]
    parameters = list(heads.parameters())

    def step():
        with torch.no_grad():
            taps = taps_of(net, x)
        edge, field = heads(taps)
        flat = torch.sigmoid(edge).view(batch, -1)
        parts = []
        for p in paths:
            along = torch.index_select(flat, 1, p.reshape(-1)).view(batch, *p.shape)
            parts.append(F.max_pool2d(along, kernel_size=(p.shape[1], 1), stride=(1, 1)).squeeze(2))
        a = 1 - torch.cat(parts, 1)
        u = field.view(batch, 2, -1)
        pair = u[:, :, source][:, :, None] - torch.index_select(u, 2, to.reshape(-1)).view(batch, 2, *to.shape)
        positive = -torch.log(a + 1e-5)
        affinity = (bg * positive).sum() / (bg.sum() + 1e-5) / 2 + (fg * positive).sum() / (fg.sum() + 1e-5) / 2
        affinity = affinity + (neg * -torch.log(1 + 1e-5 - a)).sum() / (neg.sum() + 1e-5)
        displacement = (fg[:, None] * (pair - target).abs()).sum() / (2 * fg.sum() + 1e-5)
        displacement = displacement + (bg[:, None] * pair.abs()).sum() / (2 * bg.sum() + 1e-5)
        torch.autograd.grad((affinity + displacement) / 2, parameters)

    return step


def irnet_inference():
    net, heads = stages(resnet()), Heads()
    x = F.pad(torch.randn(2, 3, 375, 500), (0, 12, 0, 137))

    def step():
        with torch.no_grad():
            edge, field = heads(taps_of(net, x))
            torch.sigmoid(edge[0] / 2 + edge[1].flip(-1) / 2).numpy(), field[0].numpy()

    return step


kind, _, precision = work.partition(" ")
if kind in ("forward", "training"):
    report(trunk(precision)[kind == "training"])
else:
    report(dict(cam_step=cam_step, cam_extraction=cam_extraction, irnet_step=irnet_step,
                irnet_inference=irnet_inference)[kind]())
