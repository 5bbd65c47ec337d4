"""The released code's networks with their module names, in PyTorch.

make FOLDER: res50_cam.pth and res50_irn.pth with random weights, and what the networks say of image.npy.
check FOLDER: what networks say that are loaded from cam.safetensors and irnet.safetensors, names without a prefix.
"""

import json
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride, project):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        if project:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for i, (blocks, stride) in enumerate([(3, 1), (4, 2), (6, 2), (3, 1)]):
            width = 64 * 2**i
            layer = [Bottleneck(inputs, width, stride, True)]
            layer += [Bottleneck(4 * width, width, 1, False) for _ in range(blocks - 1)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))
            inputs = 4 * width


class Cam(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.resnet50 = r = ResNet50()
        self.stage1 = nn.Sequential(r.conv1, r.bn1, nn.ReLU(), nn.MaxPool2d(3, 2, 1), r.layer1)
        self.stage2 = nn.Sequential(r.layer2)
        self.stage3 = nn.Sequential(r.layer3)
        self.stage4 = nn.Sequential(r.layer4)
        self.classifier = nn.Conv2d(2048, classes, 1, bias=False)
        self.backbone = nn.ModuleList([self.stage1, self.stage2, self.stage3, self.stage4])
        self.newly_added = nn.ModuleList([self.classifier])

    def forward(self, x):
        x = self.stage4(self.stage3(self.stage2(self.stage1(x))))
        return {"logits": self.classifier(x.mean((2, 3), keepdim=True))}


class MeanShift(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(2))

    def forward(self, x):
        return x - self.running_mean.view(1, 2, 1, 1)


def head(inputs, outputs, groups, factor):
    up = [nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)] if factor > 1 else []
    return [nn.Conv2d(inputs, outputs, 1, bias=False), nn.GroupNorm(groups, outputs), *up, nn.ReLU()]


class Irnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.resnet50 = r = ResNet50()
        self.stage1 = nn.Sequential(r.conv1, r.bn1, nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.stage2 = nn.Sequential(r.layer1)
        self.stage3 = nn.Sequential(r.layer2)
        self.stage4 = nn.Sequential(r.layer3)
        self.stage5 = nn.Sequential(r.layer4)
        self.mean_shift = MeanShift()
        taps = [64, 256, 512, 1024, 2048]
        for i, (inputs, factor) in enumerate(zip(taps, [1, 1, 2, 4, 4])):
            setattr(self, f"fc_edge{i + 1}", nn.Sequential(*head(inputs, 32, 4, factor)))
        self.fc_edge6 = nn.Conv2d(160, 1, 1)
        for i, (inputs, outputs, groups, factor) in enumerate(
            [(64, 64, 8, 1), (256, 128, 16, 1), (512, 256, 16, 1), (1024, 256, 16, 2), (2048, 256, 16, 2), (768, 256, 16, 2)]
        ):
            setattr(self, f"fc_dp{i + 1}", nn.Sequential(*head(inputs, outputs, groups, factor)))
        self.fc_dp7 = nn.Sequential(*head(448, 256, 16, 1), nn.Conv2d(256, 2, 1, bias=False), self.mean_shift)
        self.backbone = nn.ModuleList([self.stage1, self.stage2, self.stage3, self.stage4, self.stage5])
        self.edge_layers = nn.ModuleList([getattr(self, f"fc_edge{i}") for i in range(1, 7)])
        self.dp_layers = nn.ModuleList([getattr(self, f"fc_dp{i}") for i in range(1, 8)])
        self.register_buffer("path_indices_0", torch.arange(24).reshape(2, 3, 4))
        self.register_buffer("disp_target", torch.zeros(1, 2, 5, 1))

    def forward(self, x):
        taps = []
        for stage in self.backbone:
            x = stage(x)
            taps.append(x)
        crop = lambda x, like: x[..., : like.shape[2], : like.shape[3]]
        edges = [layer(tap) for layer, tap in zip(self.edge_layers, taps)]
        edge = self.fc_edge6(torch.cat([crop(e, edges[1]) for e in edges], 1))
        dp = [layer(tap) for layer, tap in zip(self.dp_layers, taps)]
        dp6 = self.fc_dp6(torch.cat([dp[2], crop(dp[3], dp[2]), crop(dp[4], dp[2])], 1))
        return {"edge": edge, "dp": self.fc_dp7(torch.cat([dp[0], dp[1], crop(dp6, dp[1])], 1))}


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        values = file.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(np.frombuffer(values[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


def load(net, tensors):
    """Fills a network from names without a prefix; its other names are the same modules."""
    heads = ("classifier", "fc_")
    state = {
        "mean_shift.running_mean" if name == "mean_displacement" else name if name.startswith(heads) else f"resnet50.{name}": values
        for name, values in tensors.items()
    }
    unknown = net.load_state_dict(state, strict=False).unexpected_keys
    assert not unknown, unknown
    return net


def say(net, folder, name):
    with torch.no_grad():
        for key, values in net.eval()(torch.from_numpy(np.load(f"{folder}/image.npy"))).items():
            np.save(f"{folder}/{name}_{key}.npy", values.numpy().astype("<f4"))


command, folder = sys.argv[1:]
torch.manual_seed(0)
torch.set_num_threads(1)
cam, irnet = Cam(20), Irnet()
if command == "make":
    for net in (cam, irnet):
        for module in net.modules():
            if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.uniform_(module.weight, 0.5, 1)
                nn.init.normal_(module.bias, 0, 0.1)
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
    irnet.mean_shift.running_mean.copy_(torch.tensor([0.5, -0.25]))
    torch.save(cam.state_dict(), f"{folder}/res50_cam.pth")
    torch.save(irnet.state_dict(), f"{folder}/res50_irn.pth", _use_new_zipfile_serialization=False)
    rng = np.random.default_rng(0)
    np.save(f"{folder}/image.npy", rng.standard_normal((1, 3, 72, 100), dtype=np.float32))
    say(cam, folder, "cam")
    say(irnet, folder, "irnet")
else:
    say(load(cam, read_safetensors(f"{folder}/cam.safetensors")), folder, "back_cam")
    say(load(irnet, read_safetensors(f"{folder}/irnet.safetensors")), folder, "back_irnet")
