"""Random COCO files and the numbers that pycocotools gives them, one JSON document a line.

python coco_evaluation.py COUNT [SEED]: needs numpy and pycocotools. The files have crowds, ties of scores, sparse ids,
tiny, large and overlapping masks, polygons, images without anything, annotations of id 0, and results with boxes, which
then decide their areas, or with boxes alone. `stats` are the twelve numbers, `classes` AP, AP50 and AP75 of each class.
"""
import contextlib
import io
import json
import sys

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def random_mask(rng, height, width):
    mask = np.zeros((height, width), np.uint8)
    kind = rng.integers(4)
    if kind == 0:
        mask[rng.integers(height), rng.integers(width)] = 1
    elif kind == 1:
        mask[:, :] = rng.random((height, width)) < rng.random()
    else:
        y, x = rng.integers(height), rng.integers(width)
        mask[y:y + 1 + rng.integers(height), x:x + 1 + rng.integers(width)] = 1
    return mask


def shifted(rng, mask):
    moved = np.roll(mask, (rng.integers(-2, 3), rng.integers(-2, 3)), (0, 1))
    return moved if rng.random() < 0.5 else np.maximum(moved, random_mask(rng, *mask.shape) * (rng.random(mask.shape) < 0.2))


def runs(mask):
    encoded = masks.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": encoded["size"], "counts": encoded["counts"].decode()}


def polygons(rng, height, width):
    corners = lambda: [round(float(v), 2) for v in (rng.random((rng.integers(3, 6), 2)) * [width, height]).ravel()]
    return [corners() for _ in range(rng.integers(1, 3))] + [[1, 1, 3, 2]] * int(rng.random() < 0.2)


def with_boxes(rng, results):
    for one in results:
        x, y, w, h = (float(v) for v in masks.toBbox(one["segmentation"]))
        one["bbox"] = [x, y, w * (1 if rng.random() < 0.7 else 3), h]
        if rng.random() < 0.3:
            del one["segmentation"]


def random_files(rng):
    count, classes = rng.integers(1, 7), rng.integers(1, 4)
    image_ids = sorted(rng.choice(1000, count, replace=False).tolist())
    category_ids = sorted(rng.choice(90, classes, replace=False).tolist())
    images, annotations, results = [], [], []
    next_id = 0 if rng.random() < 0.2 else int(rng.integers(1, 50))
    for image_id in image_ids:
        height, width = (int(side) for side in rng.integers(2, 160, 2))
        images.append({"id": image_id, "file_name": f"{image_id}.jpg", "height": height, "width": width})
        if rng.random() < 0.15:
            continue
        here = [random_mask(rng, height, width) for _ in range(rng.integers(0, 6))]
        here += [here[0]] if here and rng.random() < 0.1 else []
        for mask in here:
            category = int(rng.choice(category_ids))
            if rng.random() < 0.9:
                crowd, area = int(rng.random() < 0.15), int(mask.sum())
                drawn = polygons(rng, height, width) if rng.random() < 0.15 else runs(mask)
                annotations.append({"id": next_id, "image_id": image_id, "category_id": category,
                                    "iscrowd": bool(crowd) if rng.random() < 0.2 else crowd,
                                    "area": area if rng.random() < 0.9 else area * 4, "segmentation": drawn})
                next_id += int(rng.integers(1, 4))
            for _ in range(rng.integers(0, 4)):
                results.append({"image_id": image_id, "category_id": category if rng.random() < 0.9 else int(rng.choice(category_ids)),
                                "score": round(float(rng.random()), int(rng.integers(1, 4))), "segmentation": runs(shifted(rng, mask))})
    if rng.random() < 0.1 and results:
        results += [{**one, "score": 0.5} for one in results for _ in range(30)]
    if rng.random() < 0.3:
        with_boxes(rng, results)
    rng.shuffle(results)
    truth = {"images": images, "categories": [{"id": c, "name": f"class {c}"} for c in category_ids], "annotations": annotations}
    return truth, results


def main(count, seed=0):
    rng = np.random.default_rng(seed)
    done = 0
    while done < count:
        truth, results = random_files(rng)
        if not results:
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO()
            coco.dataset = json.loads(json.dumps(truth))
            coco.createIndex()
            evaluation = COCOeval(coco, coco.loadRes(json.loads(json.dumps(results))), "segm")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        # [IoU threshold, recall, class, area, most detections]
        precision = evaluation.eval["precision"][:, :, :, 0, -1]
        mean = lambda values: float(values[values > -1].mean()) if (values > -1).any() else -1.0
        classes = [[mean(precision[at, :, k]) for at in (slice(None), 0, 5)] for k in range(precision.shape[2])]
        print(json.dumps({"truth": truth, "results": results, "stats": evaluation.stats.tolist(), "classes": classes}))
        done += 1


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
