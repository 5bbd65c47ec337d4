"""How pycocotools judges results, as JSON: coco_precision.py TRUTH RESULTS IOU…

By class and IoU: its own AP, precision at 101 recalls, and the area below the same curve.
"""
import json
import sys

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

truth, results = sys.argv[1:3]
ious = [float(iou) for iou in sys.argv[3:]]
true = COCO(truth)
evaluation = COCOeval(true, true.loadRes(results), "segm")
evaluation.params.iouThrs = np.array(ious)
evaluation.evaluate()
evaluation.accumulate()
images, areas = len(evaluation.params.imgIds), len(evaluation.params.areaRng)


def area_below(parts, t):
    """Area below precision over recall of a class, where precision is the best at this recall or a higher one."""
    parts = [part for part in parts if part is not None]
    truths = sum(np.sum(part["gtIgnore"] == 0) for part in parts)
    order = np.argsort(-np.concatenate([part["dtScores"] for part in parts]), kind="mergesort")
    right = np.concatenate([part["dtMatches"][t] for part in parts])[order] > 0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(best[right]) / truths) if truths else None


found = {}
for c, category in enumerate(evaluation.params.catIds):
    parts = evaluation.evalImgs[c * areas * images : (c * areas + 1) * images]  # all sizes come first
    found[true.loadCats(int(category))[0]["name"]] = [
        {"coco": float(np.mean(evaluation.eval["precision"][t, :, c, 0, -1])), "area": area_below(parts, t)}
        for t in range(len(ious))
    ]
print(json.dumps(found))
