"""Writes splines.json: splines of zuko and nflows, from flows that were recorded with these libraries.

    python3 splines.py FOLDER

FOLDER has `zuko-nsf`, `zuko-nsf-context`, `nflows-nsf` and `nflows-nsf-context`, each with the library's state dict
(weights.safetensors), its inputs, log-probabilities and latents in double (io.safetensors). The whole flow is computed here
anew, from the libraries' definitions; only if log-probabilities and latents come out as they were recorded, to 1e-9, are the
splines of its first layer written.
"""
import json
import pathlib
import sys

import numpy as np


def read(path):
    data = path.read_bytes()
    length = int.from_bytes(data[:6], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    types = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "BOOL": np.bool_}
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return {name: a.astype(np.float64) if a.dtype == np.float32 else a for name, a in arrays.items()}


def softmax(raw):
    e = np.exp(raw - raw.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softplus(raw):
    return np.logaddexp(0, raw)


def zuko_knots(raw, bins, bound):
    slope = np.log(1e-3)
    bend = lambda r, by: r / (1 + np.abs(by * r / slope))
    widths, heights = (softmax(bend(part, 2)) for part in (raw[..., :bins], raw[..., bins:2 * bins]))
    slopes = np.exp(bend(raw[..., 2 * bins:], 1))
    return 2 * bound * widths, 2 * bound * heights, slopes


def nflows_knots(raw, bins, bound):
    size = lambda part: 2 * bound * (1e-3 + (1 - 1e-3 * bins) * softmax(part))
    return size(raw[..., :bins]), size(raw[..., bins:2 * bins]), 1e-3 + softplus(raw[..., 2 * bins:])


def spline(knots, raw, x, bins, bound):
    """y and ln dy/dx, by equations 4 and 5 of Durkan et al. 2019."""
    widths, heights, slopes = knots(raw, bins, bound)
    ends = np.ones_like(x)[..., None]
    slopes = np.concatenate((ends, slopes, ends), -1)
    edges = [np.concatenate((-bound * ends, np.cumsum(part, -1) - bound), -1) for part in (widths, heights)]
    k = np.clip((x[..., None] >= edges[0][..., 1:]).sum(-1), 0, bins - 1)[..., None]
    take = lambda a, i: np.take_along_axis(a, i, -1)[..., 0]
    width, height, left, right = take(widths, k), take(heights, k), take(slopes, k), take(slopes, k + 1)
    s = height / width
    xi = np.clip((x - take(edges[0], k)) / width, 0, 1)
    cross = xi * (1 - xi)
    d = s + (left + right - 2 * s) * cross
    y = take(edges[1], k) + height * (s * xi ** 2 + left * cross) / d
    log_slope = np.log(s ** 2 * (right * xi ** 2 + 2 * s * cross + left * (1 - xi) ** 2) / d ** 2)
    inside = np.abs(x) <= bound
    return np.where(inside, y, x), np.where(inside, log_slope, 0)


def zuko(weights, x, context, bins, bound, record):
    transforms = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("transform.transforms."))
    log_det = 0
    for t in range(transforms):
        h = np.concatenate((x, context), 1)
        prefix = f"transform.transforms.{t}.hyper"
        layers = sorted({int(name.split(".")[4]) for name in weights if name.startswith(prefix)})
        for layer in layers:
            weight = weights[f"{prefix}.{layer}.weight"] * weights[f"{prefix}.{layer}.mask"]
            h = h @ weight.T + weights[f"{prefix}.{layer}.bias"]
            h = h if layer == layers[-1] else np.maximum(h, 0)
        raw = h.reshape(*x.shape, 3 * bins - 1)
        y, log_slope = spline(zuko_knots, raw, x, bins, bound)
        record(raw, x, y, log_slope)
        x, log_det = y, log_det + log_slope.sum(1)
    return x, log_det


def residual(weights, prefix, x, context):
    linear = lambda name, h: h @ weights[f"{prefix}.{name}.weight"].T + weights[f"{prefix}.{name}.bias"]
    h = linear("initial_layer", np.concatenate((x, context), 1))
    block = 0
    while f"{prefix}.blocks.{block}.linear_layers.0.weight" in weights:
        inner = linear(f"blocks.{block}.linear_layers.0", np.maximum(h, 0))
        inner = linear(f"blocks.{block}.linear_layers.1", np.maximum(inner, 0))
        if context.shape[1]:
            inner = inner / (1 + np.exp(-linear(f"blocks.{block}.context_layer", context)))
        h, block = h + inner, block + 1
    return linear("final_layer", h), h.shape[1]


def nflows(weights, x, context, bins, bound, record):
    log_det, t = 0, 0
    while any(name.startswith(f"_transform._transforms.{t}.") for name in weights):
        prefix = f"_transform._transforms.{t}"
        if f"{prefix}.bias" in weights:
            features = x.shape[1]
            lower, upper = np.eye(features), np.zeros((features, features))
            lower[np.tril_indices(features, -1)] = weights[f"{prefix}.lower_entries"]
            upper[np.triu_indices(features, 1)] = weights[f"{prefix}.upper_entries"]
            diagonal = softplus(weights[f"{prefix}.unconstrained_upper_diag"]) + 1e-3
            x = x @ (lower @ (upper + np.diag(diagonal))).T + weights[f"{prefix}.bias"]
            log_det = log_det + np.log(diagonal).sum()
        else:
            moved, passing = (weights[f"{prefix}.{name}_features"] for name in ("transform", "identity"))
            raw, hidden = residual(weights, f"{prefix}.transform_net", x[:, passing], context)
            raw = raw.reshape(len(x), len(moved), 3 * bins - 1).copy()
            raw[..., :2 * bins] /= np.sqrt(hidden)
            y = x.copy()
            y[:, moved], log_slope = spline(nflows_knots, raw, x[:, moved], bins, bound)
            record(raw, x[:, moved], y[:, moved], log_slope)
            x, log_det = y, log_det + log_slope.sum(1)
        t += 1
    return x, log_det


def main(folder):
    cases = []
    for name, run, bins, bound in (("zuko-nsf", zuko, 8, 5.0), ("zuko-nsf-context", zuko, 5, 5.0),
                                   ("nflows-nsf", nflows, 8, 3.0), ("nflows-nsf-context", nflows, 10, 3.0)):
        weights, io = read(folder / name / "weights.safetensors"), read(folder / name / "io.safetensors")
        x, splines = io["x"], []
        context = io.get("context", np.zeros((len(x), 0)))
        z, log_det = run(weights, x, context, bins, bound, lambda *of: splines.append(of))
        log_prob = log_det - 0.5 * (z ** 2 + np.log(2 * np.pi)).sum(1)
        error = max(np.abs(z - io["z"]).max(), np.abs(log_prob - io["log_prob"]).max())
        print(f"{name}: off by {error:.1e}")
        assert error <= 1e-9
        raw, x, y, log_slope = (a[:6].reshape(-1, *a.shape[2:]) for a in splines[0])
        cases.append({"of": name, "parametrization": name.split("-")[0], "bins": bins, "bound": bound, "raw": raw.tolist(),
                      "x": x.tolist(), "y": y.tolist(), "log_slope": log_slope.tolist()})
    path = pathlib.Path(__file__).with_name("splines.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
