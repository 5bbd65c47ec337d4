"""Writes the golden n01_efficientnet_lite.npz: python make_efficientnet_lite.py OUT NAME=CHECKPOINT.pth …, with torch, numpy
and the package efficientnet_lite_pytorch, whose networks these are: efficientnet_lite0, …."""

import sys

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet

out, *checkpoints = sys.argv[1:]
y, x = np.mgrid[:70, :97]
bands = [(3 * x + (c + 1) * y) % 256 // 2 + 40 * ((x // 9 + y // (7 + c)) % 3) for c in range(3)]
arrays = {"image": np.stack(bands, -1).astype(np.int32)}
batch = torch.from_numpy((arrays["image"].astype(np.float32) - 127) / 128).permute(2, 0, 1)[None]

for name, path in (one.split("=") for one in checkpoints):
    network = EfficientNet.from_name(name.replace("_", "-"), image_size=None).eval()
    network.load_state_dict(torch.load(path, map_location="cpu"))
    blocks = list(network._blocks)
    channels = [block._project_conv.out_channels for block in blocks]
    starts = [i for i, c in enumerate(channels) if c not in channels[:i]]  # the first block of each stage
    ends = [i - 1 for i in starts[1:]] + [len(blocks) - 1]
    inside = {}
    for block, part in [(starts[1], "_bn1"), (starts[2], "_bn0"), (starts[3], "_bn0"), (starts[5], "_bn0")]:
        norm = getattr(blocks[block], part)
        norm.register_forward_hook(lambda _, __, now, key=len(inside): inside.__setitem__(key, now.clamp(0, 6)))
        inside[len(inside)] = None
    with torch.no_grad():
        now, seen = network._swish(network._bn0(network._conv_stem(batch))), []
        for block in blocks:
            now = block(now)
            seen.append(now)
        pooled = network._swish(network._bn1(network._conv_head(now))).mean((2, 3))
        logits = network._fc(pooled)
    for tap, block in enumerate([starts[1], ends[1], ends[2], ends[4], ends[6]]):
        arrays[f"{name}.block{tap}"] = seen[block][0, :4].numpy()
    for tap, activation in inside.items():
        arrays[f"{name}.inner{tap}"] = activation.mean((2, 3))[0].numpy()
    arrays[f"{name}.pooled"], arrays[f"{name}.logits"] = pooled[0].numpy(), logits[0].numpy()
np.savez_compressed(out, **arrays)
