"""Writes tests/golden/weights_*.pth and cam_*.npy: python make_golden.py FOLDER, with torch and numpy."""

import sys
from collections import OrderedDict

import numpy as np
import torch

folder = sys.argv[1]
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8

network = OrderedDict(
    [
        ("conv.weight", base),
        ("conv.transposed", base.permute(2, 0, 1)),
        ("conv.part", base[:, 1:, ::2]),
        ("conv.expanded", torch.tensor([1.5]).expand(3)),
        ("conv.parameter", torch.nn.Parameter(torch.tensor([[-1.0, 2.0]]))),
        ("double", torch.tensor([0.1], dtype=torch.float64)),
        ("half", torch.tensor([0.5, -65504.0, 2.0**-24], dtype=torch.float16)),
        ("brain", torch.tensor([1.0, -3.0], dtype=torch.bfloat16)),
        ("long", torch.tensor([-7, 40])),
        ("int", torch.tensor([-8], dtype=torch.int32)),
        ("short", torch.tensor([-9], dtype=torch.int16)),
        ("char", torch.tensor([-10], dtype=torch.int8)),
        ("byte", torch.tensor([250], dtype=torch.uint8)),
        ("bool", torch.tensor([True, False])),
        ("scalar", torch.tensor(3.0)),
        ("empty", torch.zeros(0, 4)),
    ]
)
network._metadata = OrderedDict([("", {"version": 1})])
torch.save(network, f"{folder}/weights_zip.pth")
torch.save(network, f"{folder}/weights_legacy.pth", _use_new_zipfile_serialization=False)

checkpoint = {
    "epoch": 3,
    "best": 0.5,
    "names": ["a", None],
    "state_dict": {"module.a": torch.tensor([1.0]), "module.b": torch.tensor([2.0])},
}
torch.save(checkpoint, f"{folder}/weights_nested.pth")

rng = np.random.default_rng(0)
cam = rng.random((2, 3, 4), dtype=np.float32)
high_res = rng.random((2, 10, 15), dtype=np.float32)
keys = np.array([3, 7])
# As the released code stores them: an array and two tensors.
np.save(
    f"{folder}/cam_tensors.npy",
    {"keys": torch.from_numpy(keys), "cam": torch.from_numpy(cam), "high_res": high_res},
)
np.save(f"{folder}/cam_arrays.npy", {"keys": keys, "cam": np.asfortranarray(cam), "high_res": high_res})
np.savez_compressed(f"{folder}/cam_arrays.npz", keys=keys, cam=cam, high_res=high_res)
# As followers store them: a map a class, here beside texts.
by_class = {7: high_res[1], np.int64(3): high_res[0], "name": "a", "names": np.array(["a"]), "note": np.str_("b")}
np.save(f"{folder}/cam_classes.npy", by_class)
