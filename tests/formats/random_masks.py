"""Random masks and polygons as pycocotools encodes them, as JSON: random_masks.py SEED MASKS POLYGONS"""
import json
import sys

import numpy as np
from pycocotools import mask as coco

seed, masks, polygons = map(int, sys.argv[1:4])
rng = np.random.default_rng(seed)
cases = {"masks": [], "polygons": []}
for n in range(masks):
    height, width = (int(side) for side in rng.integers(1, 30, 2))
    if n % 2 == 0:  # single pixels, from none to all
        mask = rng.random((height, width)) < rng.choice([0, 0.02, 0.3, 0.7, 1])
    else:  # blocks that run over many columns
        mask = np.zeros((height, width), bool)
        for _ in range(n % 4):
            y, x = int(rng.integers(0, height)), int(rng.integers(0, width))
            mask[y : y + int(rng.integers(1, 30)), x : x + int(rng.integers(1, 30))] ^= True
    runs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    cases["masks"].append(
        {
            "size": [height, width],
            "rows": ["".join("01"[int(value)] for value in row) for row in mask],
            "counts": runs["counts"].decode(),
            "area": int(coco.area(runs)),
            "box": [int(value) for value in coco.toBbox(runs)],
        }
    )
for n in range(polygons):
    height, width = (int(side) for side in rng.integers(1, 60, 2))
    reach = [1, 1.5, 3][n % 3]  # inside the picture, or beyond its edges
    corners = ((rng.random((int(rng.integers(3, 12)), 2)) - 0.5) * reach + 0.5) * [width, height]
    corners = np.round(corners * 2) / 2 if n % 4 == 0 else np.round(corners, 2)
    if n % 5 == 0:
        corners[1] = corners[0]  # a corner twice
    polygon = corners.ravel().tolist()
    runs = coco.frPyObjects([polygon], height, width)[0]
    cases["polygons"].append({"size": [height, width], "polygon": polygon, "counts": runs["counts"].decode()})
print(json.dumps(cases, separators=(",", ":")))
