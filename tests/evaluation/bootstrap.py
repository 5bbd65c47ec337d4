"""Random images with numpy's bootstrap of their scores, as JSON, for bootstrap_test.ts.

python bootstrap.py: needs numpy. `weights` are draws of images, `miou` and `ap50` the scores of each, worked out from
images repeated as often as drawn; `ends` the middle 95 % of those; `wide` that of 20000 other draws.
"""
import json

import numpy as np

rng = np.random.default_rng(3)
IMAGES, LABELS = 24, 3


def image():
    confusion = rng.integers(0, 40, (LABELS, LABELS)) * (rng.random((LABELS, LABELS)) < 0.5)
    truths = rng.integers(0, 2, rng.integers(1, 4)).tolist()
    found = []
    for _ in range(rng.integers(0, 5)):
        cls = int(rng.integers(2))
        own = [n for n, c in enumerate(truths) if c == cls]
        truth = int(rng.choice(own)) if own else -1
        found.append({"class": cls, "score": float(rng.random()), "truth": truth, "iou": float(rng.random() * 0.6 + 0.3)})
    return confusion, {"truths": truths, "found": found}


def miou(images):
    total = sum(confusion for confusion, _ in images)
    right = np.diag(total)
    union = total.sum(0) + total.sum(1) - right
    return np.mean(right[union > 0] / union[union > 0])


def ap50(images):
    means = []
    for cls in range(2):
        positives, answers = 0, []
        for _, matches in images:
            positives += matches["truths"].count(cls)
            taken = set()
            for one in sorted((f for f in matches["found"] if f["class"] == cls), key=lambda f: -f["score"]):
                hit = one["truth"] >= 0 and one["iou"] >= 0.5
                answers.append((one["score"], hit and one["truth"] not in taken))
                taken |= {one["truth"]} if hit else set()
        if positives == 0:
            continue
        right = np.array([hit for _, hit in sorted(answers, key=lambda a: -a[0])], float)
        precision = np.cumsum(right) / np.arange(1, len(right) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        means.append((right * envelope).sum() / positives)
    return np.mean(means)


images = [image() for _ in range(IMAGES)]
scores = {"miou": miou, "ap50": ap50}


def draws(count):
    rows = rng.integers(0, IMAGES, (count, IMAGES))
    return rows, {name: [float(score([images[i] for i in row])) for row in rows] for name, score in scores.items()}


def ends(values):
    return np.percentile(values, [2.5, 97.5]).tolist()


few, values = draws(50)
_, many = draws(20000)
print(json.dumps({
    "confusions": [[[int(t), int(p), int(c[t, p])] for t, p in zip(*np.nonzero(c))] for c, _ in images],
    "matches": [matches for _, matches in images],
    "weights": [np.bincount(row, minlength=IMAGES).tolist() for row in few],
    **values,
    "ends": {name: ends(values[name]) for name in scores},
    "wide": {name: ends(many[name]) for name in scores},
}))
