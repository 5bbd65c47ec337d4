"""Writes LPCAM's numbers, by numpy in 64 bits, to FOLDER, for tests/pack_goldens.ts: `python lpcam_golden.py FOLDER`."""
import json, sys
import numpy as np

out, group, rng = sys.argv[1], "d07_lpcam", np.random.default_rng(7)
CHANNELS, CLASSES, LABEL, CLUSTERS, ITERATIONS, FOREGROUND, CONTEXT = 8, 3, 1, 4, 30, 0.9, (0.05, 0.9)
single = lambda x: np.asarray(x, np.float32).astype(np.float64)
length = lambda x: np.linalg.norm(x, axis=-1, keepdims=True)
unit = lambda x: x / length(x)

weights = single(rng.normal(0, 1.2, (CLASSES, CHANNELS)))
corners = rng.uniform(0, 3, (12, CHANNELS)) ** 2


def features(count, of):
    x = corners[of][rng.integers(0, len(of), count)] * rng.uniform(0.3, 1.5, (count, 1)) + rng.normal(0, 0.4, (count, CHANNELS))
    return single(np.clip(x, 0, 6))


def k_means(x, draws):
    left, first = np.ones(len(x)), []
    for draw in draws:
        first.append(int(np.searchsorted(np.cumsum(left), draw * left.sum(), side="right")))
        left = np.minimum(left, 1 - (unit(x) @ unit(x[first[-1:]]).T)[:, 0])
        left[left < 1e-6] = 0
    centres, before = x[first].copy(), None
    for rounds in range(ITERATIONS):
        nearest = (unit(x) @ unit(centres).T).argmax(1)
        if before is not None and (nearest == before).all(): break
        before = nearest
        for k in range(len(centres)):
            if (nearest == k).any(): centres[k] = x[nearest == k].mean(0)
    return centres, rounds


def chance(centres):
    z = np.exp(centres @ weights.T)
    return z[:, LABEL] / z.sum(1)


arrays, centres = {"weights": weights}, {}
for side, count, of in ("inside", 90, [0, 1, 2, 3, 4, 5]), ("outside", 150, [4, 5, 6, 7, 8, 9, 10, 11]):
    x, draws = features(count, of), single(rng.uniform(0, 1, CLUSTERS))
    centres[side], rounds = k_means(x, draws)
    print(side, "rounds", rounds, "chances", chance(centres[side]).round(3))
    arrays |= {f"{side}_vectors": x, f"{side}_draws": draws, f"{side}_centres": centres[side]}
p = centres["inside"][chance(centres["inside"]) > FOREGROUND]
near = chance(centres["outside"])
q = centres["outside"][(near > CONTEXT[0]) & (near < CONTEXT[1])]
print(len(p), "prototypes,", len(q), "of context")
straight, mirrored = (features(4 * 5, list(range(12))).reshape(4, 5, CHANNELS) for _ in range(2))
total = straight + mirrored[:, ::-1]
cosines = lambda c: (unit(total) @ unit(c).T).mean(-1)
arrays |= {"prototypes": p, "context": q, "pair": np.stack([straight, mirrored]), "map": np.maximum(cosines(p) - cosines(q), 0)}
files = []
for key, value in arrays.items():
    np.save(f"{out}/{group}.{key}.npy", value.astype(np.float32))
    files.append({"file": f"{group}.{key}.npy", "key": key, "shape": list(value.shape)})
params = {"label": LABEL, "clusters": CLUSTERS, "iterations": ITERATIONS, "foreground": FOREGROUND, "context": CONTEXT}
json.dump({"params": params, "files": files, "source": f"numpy {np.__version__}"}, open(f"{out}/{group}.json", "w"))
