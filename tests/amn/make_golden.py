"""Head, loss with gradients, and maps of AMN in float64, for tests/amn: python3 make_golden.py writes golden.npz."""
import numpy as np

rng = np.random.default_rng(5)
B, H, W, D, C, EPSILON = 2, 13, 15, 3, 3, 0.4
RATES = (6, 12, 18, 24)


def draw(*shape):
    return rng.normal(size=shape).astype(np.float32).astype(np.float64)


x, present = draw(B, H, W, D), np.array([[1, 0, 1], [0, 0, 0]], float)
gate, gate_bias = draw(D, C), draw(D)
filters, biases = draw(4, C + 1, D, 3, 3), draw(4, C + 1)
keep = (rng.random((B, H, W, D)) > 0.25) / 0.75
labels = rng.choice([0, 1, 3, 255], size=(B, H, W), p=[0.4, 0.1, 0.3, 0.2]).astype(np.int32)

factor = present @ gate.T + gate_bias
z = x * factor[:, None, None, :] * keep
logits = np.zeros((B, H, W, C + 1))
taps = [(k, r, i, j) for k, r in enumerate(RATES) for i in range(3) for j in range(3)]


def shifted(a, dy, dx):
    """a at (y + dy, x + dx), 0 outside."""
    out = np.zeros_like(a)
    ys, xs = np.arange(H) + dy, np.arange(W) + dx
    y, q = (ys >= 0) & (ys < H), (xs >= 0) & (xs < W)
    out[:, np.nonzero(y)[0][:, None], np.nonzero(q)[0]] = a[:, ys[y][:, None], xs[q]]
    return out


for k, r, i, j in taps:
    logits += shifted(z, (i - 1) * r, (j - 1) * r) @ filters[k, :, :, i, j].T
logits += biases.sum(0)

background, foreground = labels == 0, (labels > 0) & (labels < 255)
weight = background / background.sum() / 2 + foreground / foreground.sum() / 2
target = np.full(logits.shape, EPSILON / C)
np.put_along_axis(target, np.where(labels == 255, 0, labels)[..., None], 1 - EPSILON, -1)
target *= weight[..., None]
log_p = logits - logits.max(-1, keepdims=True)
log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
loss = -(target * log_p).sum()

d_logits = np.exp(log_p) * weight[..., None] - target
d_filters, d_z = np.zeros_like(filters), np.zeros_like(z)
for k, r, i, j in taps:
    dy, dx = (i - 1) * r, (j - 1) * r
    d_filters[k, :, :, i, j] = np.einsum("bhwo,bhwd->od", d_logits, shifted(z, dy, dx))
    d_z += shifted(d_logits, -dy, -dx) @ filters[k, :, :, i, j]
d_biases = np.broadcast_to(d_logits.sum((0, 1, 2)), biases.shape)
d_factor = (d_z * keep * x).sum((1, 2))

# Maps of an image of 37×50 pixels from logits of two scales at stride 16.
SIZE, KEYS = (37, 50), [0, 2]
views = [draw(3, 4, C + 1) * 3, draw(2, 2, C + 1) * 3]
confident = rng.choice([0, 1, 3, 255], size=SIZE).astype(np.int32)


def axis(source, target):
    at = np.clip((np.arange(target) + 0.5) * source / target - 0.5, 0, None)
    low = np.minimum(np.floor(at).astype(int), source - 1)
    return low, np.minimum(low + 1, source - 1), at - low


def resize(a, h, w):
    l, u, f = axis(a.shape[0], h)
    a = a[l] * (1 - f)[:, None, None] + a[u] * f[:, None, None]
    l, u, f = axis(a.shape[1], w)
    return a[:, l] * (1 - f)[:, None] + a[:, u] * f[:, None]


def maps(h, w, crop, label):
    mean = np.mean([resize(v, h, w)[: crop[0], : crop[1]] for v in views], 0)
    p = np.exp(mean - mean.max(-1, keepdims=True))
    p = (p / p.sum(-1, keepdims=True))[..., [k + 1 for k in KEYS]].transpose(2, 0, 1)
    low, high = p.min((1, 2), keepdims=True), p.max((1, 2), keepdims=True)
    return np.where(label == 0, p, (p - low) / (high - low + 1e-5))


def nearest(a, h, w):
    y, x = (np.floor((np.arange(n) + 0.5) * s / n).astype(int) for n, s in zip((h, w), a.shape))
    return a[y][:, x]


out = {
    **dict(x=x, present=present, gate=gate, gate_bias=gate_bias, filters=filters, biases=biases, keep=keep, logits=logits),
    **dict(loss=np.array([loss]), d_x=d_z * keep * factor[:, None, None, :], d_gate=d_factor.T @ present),
    **dict(d_gate_bias=d_factor.sum(0), d_filters=d_filters, d_biases=d_biases, view_0=views[0], view_1=views[1]),
    **dict(cam=maps(10, 13, (10, 13), nearest(confident, 10, 13)), high_res=maps(48, 64, SIZE, confident)),
}
out = {key: value.astype(np.float32) for key, value in out.items()}
np.savez_compressed("golden.npz", labels=labels, confident=confident, **out)
