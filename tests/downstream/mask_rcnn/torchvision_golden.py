"""Writes the numbers of torchvision's operators to FOLDER, for tests/pack_goldens.ts: `python torchvision_golden.py FOLDER`."""
import json, sys
import numpy as np, torch, torchvision
from torchvision.ops import roi_align, nms, box_iou
from torchvision.models.detection._utils import BoxCoder, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.ops.poolers import MultiScaleRoIAlign
out = sys.argv[1]
rng = np.random.default_rng(0)
def write(group, params, arrays):
    files = []
    for key, value in arrays.items():
        value = np.ascontiguousarray(value)
        value = value.astype(np.float32 if value.dtype.kind == "f" else np.int32)
        file = f"{group}.{key}.npy"
        np.save(f"{out}/{file}", value)
        files.append({"file": file, "key": key, "shape": list(value.shape)})
    json.dump({"params": params, "files": files, "source": f"torchvision {torchvision.__version__}"}, open(f"{out}/{group}.json", "w"), indent=1)
def boxes(n, size, least=1):
    a = rng.uniform(0, size, (n, 2)); b = rng.uniform(least, size * 0.7, (n, 2))
    return np.concatenate([a, a + b], 1).astype(np.float32)

# RoIAlign with gradient, two maps
maps = [rng.standard_normal((2, 3, 12, 16)), rng.standard_normal((2, 3, 6, 8))]
rois = boxes(7, 40); rois[0] = [-9, -7, 5, 6]; rois[1] = [55, 40, 80, 70]; rois[2] = [10, 10, 10.5, 11]; rois[3] = [0, 0, 64, 48]
image = rng.integers(0, 2, 7)
arrays = {"map0": maps[0].transpose(0, 2, 3, 1), "map1": maps[1].transpose(0, 2, 3, 1), "rois": rois, "image": image}
level = np.array([0, 0, 0, 1, 1, 0, 1])
arrays["level"] = level
dy = rng.standard_normal((7, 3, 4, 4)).astype(np.float32); arrays["dy"] = dy.transpose(0, 2, 3, 1)
for aligned in (False, True):
    t = [torch.tensor(m, dtype=torch.float32, requires_grad=True) for m in maps]
    r = torch.tensor(np.concatenate([image[:, None].astype(np.float32), rois], 1))
    y = torch.zeros(7, 3, 4, 4)
    for l, s in ((0, 4), (1, 8)):
        at = torch.tensor(np.where(level == l)[0])
        y = y.index_put((at,), roi_align(t[l], r[at], (4, 4), 1 / s, 2, aligned))
    (y * torch.tensor(dy)).sum().backward()
    name = "aligned" if aligned else "corner"
    arrays[f"{name}_y"] = y.detach().numpy().transpose(0, 2, 3, 1)
    for l in (0, 1): arrays[f"{name}_grad{l}"] = t[l].grad.numpy().transpose(0, 2, 3, 1)
write("d01_roi_align", {"strides": [4, 8], "size": 4, "samples": 2}, arrays)

# NMS
b = boxes(80, 60, 5); s = np.round(rng.uniform(0, 1, 80), 4).astype(np.float32)
groups = rng.integers(0, 3, 80)
write("d02_nms", {"iou": 0.5}, {"boxes": b, "scores": s, "groups": groups,
  "kept": nms(torch.tensor(b), torch.tensor(s), 0.5).numpy(),
  "kept_by_group": torchvision.ops.batched_nms(torch.tensor(b), torch.tensor(s), torch.tensor(groups), 0.5).numpy()})

# Box coding
anchors, truths = boxes(20, 200, 4), boxes(20, 200, 4)
codes = rng.standard_normal((20, 4)).astype(np.float32); codes[0] = [1, -2, 9, 8]
arrays = {"anchors": anchors, "truths": truths, "codes": codes}
for name, w in (("proposal", (1., 1., 1., 1.)), ("box", (10., 10., 5., 5.))):
    coder = BoxCoder(w)
    arrays[f"{name}_encoded"] = coder.encode_single(torch.tensor(truths), torch.tensor(anchors)).numpy()
    arrays[f"{name}_decoded"] = coder.decode_single(torch.tensor(codes * (1 if name == "proposal" else 5)), torch.tensor(anchors)).numpy()
write("d03_box_coding", {}, arrays)

# Anchors and the matching of anchors
gen = AnchorGenerator(((32,), (64,)), ((0.5, 1.0, 2.0),) * 2)
maps = [torch.zeros(1, 1, 6, 8), torch.zeros(1, 1, 3, 4)]
all_ = gen(ImageList(torch.zeros(1, 3, 48, 64), [(48, 64)]), maps)[0]
truths = np.array([[3, 5, 40, 41], [20, 10, 60, 30], [50, 2, 57, 9], [0, 20, 22, 48], [2, 4, 38, 40]], np.float32)
matches = Matcher(0.7, 0.3, True)(box_iou(torch.tensor(truths), all_))
plain = Matcher(0.5, 0.5, False)(box_iou(torch.tensor(truths), all_))
write("d04_anchors", {"strides": [8, 16], "sides": [32, 64]}, {"anchors": all_.numpy(), "truths": truths, "matches": matches.numpy(), "plain": plain.numpy()})

# Levels of regions
from collections import OrderedDict
b = boxes(40, 300, 4)
pool = MultiScaleRoIAlign(["0", "1", "2"], 2, 2)
pool(OrderedDict((str(i), torch.zeros(1, 1, 512 // s, 512 // s)) for i, s in enumerate((4, 8, 16))), [torch.tensor(b)], [(512, 512)])
write("d05_region_levels", {"strides": [4, 8, 16]}, {"boxes": b, "levels": pool.map_levels([torch.tensor(b)]).numpy()})
