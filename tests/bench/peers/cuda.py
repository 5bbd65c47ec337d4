"""ResNet-50 at stride 16 in PyTorch on a CUDA device, float32 without TF32, batch norms folded: prints {ms, result}.

Arguments: a JSON list [work, batch, side, repeats], where work is `forward` or `training`. The better of both layouts of
memory counts. `ms` is 0 where there is no such device.
"""
import json
import sys
import time

import torch
import torchvision
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

work, batch, side, repeats = json.loads(sys.argv[1])
sys.stdin.buffer.read()
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True


def resnet():
    net = torchvision.models.resnet50().eval()
    net.layer4[0].conv2.stride = net.layer4[0].downsample[0].stride = (1, 1)
    for layer in (net.layer1, net.layer2, net.layer3, net.layer4):
        for block in layer:
            for i in "123":
                setattr(block, "conv" + i, fuse_conv_bn_eval(getattr(block, "conv" + i), getattr(block, "bn" + i)))
                setattr(block, "bn" + i, nn.Identity())
            if block.downsample is not None:
                block.downsample = nn.Sequential(fuse_conv_bn_eval(*block.downsample))
    stem = fuse_conv_bn_eval(net.conv1, net.bn1), net.relu, net.maxpool
    return nn.Sequential(*stem, net.layer1, net.layer2, net.layer3, net.layer4)


def measure(layout):
    net = resnet().cuda().to(memory_format=layout)
    x = torch.randn(batch, 3, side, side, device="cuda").contiguous(memory_format=layout)
    parameters = [p.requires_grad_() for p in net.parameters()]

    def step():
        if work == "forward":
            with torch.no_grad():
                return net(x)
        return torch.autograd.grad(net(x).mean(), parameters)

    best = float("inf")
    for i in range(repeats + 2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        step()
        torch.cuda.synchronize()
        if i >= 2:
            best = min(best, time.perf_counter() - start)
    return best * 1e3


found = torch.cuda.is_available()
ms = min(measure(layout) for layout in (torch.contiguous_format, torch.channels_last)) if found else 0
print(json.dumps(dict(ms=ms, result=[])))
