"""Writes foreign/flowjax-*: flows in the layout that jester saves, and what flowjax 17.2 defines them to give, in double.

    python3 flowjax.py FOLDER

Weights are random. Gradients are PyTorch's, of the definitions below.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from torch.nn.functional import relu, softplus


def write_tensors(path, tensors):
    header, data, offset = {}, [], 0
    for name, tensor in tensors.items():
        content = tensor.detach().numpy().astype("<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(content)]}
        data.append(content)
        offset += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(data))


class Flow:
    """A masked autoregressive or coupling flow of rational-quadratic splines, or of scales and shifts."""

    def __init__(self, dims, conditions, random, **kwargs):
        self.dims, self.conditions, self.kwargs = dims, conditions, kwargs
        self.autoregressive = kwargs["flow_type"] == "masked_autoregressive_flow"
        layers, width, depth = (kwargs[name] for name in ("flow_layers", "nn_width", "nn_depth"))
        self.affine = kwargs["transformer_type"] == "affine"
        self.numbers = 2 if self.affine else 3 * kwargs["transformer_knots"] + 2
        self.passing = 0 if self.autoregressive else dims // 2
        draw = lambda *shape: torch.tensor(random.standard_normal(shape))
        self.loc, self.raw_scale = 0.3 * draw(dims), 0.5 + 0.3 * draw(dims)
        inputs = [*range(dims if self.autoregressive else self.passing), *[-1] * conditions]
        hidden = [k % dims - 1 if conditions else k % (dims - 1) for k in range(width)]
        outputs = [d for d in range(dims - self.passing) for _ in range(self.numbers)]
        ranks = [torch.tensor(r) for r in (inputs, *[hidden] * depth, outputs)]
        self.maps = []
        for layer, (read, made) in enumerate(zip(ranks, ranks[1:])):
            mask = None
            if self.autoregressive:
                mask = made[:, None] > read if layer == depth else made[:, None] >= read
            weight = draw(layers, len(made), len(read)) / len(read) ** 0.5
            self.maps.append((mask, weight, 0.3 * draw(layers, len(made))))
        self.orders = [torch.tensor(random.permutation(dims)) if dims > 2 else torch.tensor([1, 0]) for _ in range(layers)]

    def leaves(self):
        size = lambda: np.array(self.dims)
        yield from (size(), size(), self.loc, self.raw_scale, size(), size())
        for mask, weight, bias in self.maps:
            if mask is not None:
                yield np.broadcast_to(mask, weight.shape)
            yield weight
            if mask is not None:
                yield np.array(0)
            yield bias
        yield size()
        if self.dims > 2:
            yield torch.stack(self.orders)
            yield torch.stack([order.argsort() for order in self.orders])
        yield from (size(), size())

    def raw(self, layer, x, context):
        h = torch.cat((x if self.autoregressive else x[:, :self.passing], context), 1)
        for number, (mask, weight, bias) in enumerate(self.maps):
            w = weight[layer] if mask is None else torch.where(mask, weight[layer], 0.0)
            h = (relu(h) if number else h) @ w.T + bias[layer]
        return h.unflatten(1, (-1, self.numbers))

    def knots(self, raw):
        count, bound = self.kwargs["transformer_knots"], self.kwargs["transformer_interval"]

        def positions(part):
            widths = (part.softmax(-1) + 1e-2 / count) / (1 + 1e-2)
            widths = torch.cat((widths[..., :1] / 2, widths[..., 1:]), -1)
            inner = -bound + 2 * bound * widths.cumsum(-1)
            end = torch.full_like(inner[..., :1], bound)
            return torch.cat((-end, inner, end), -1)

        unit = np.log(np.expm1(1 - 1e-3))
        return positions(raw[..., :count]), positions(raw[..., count:2 * count]), softplus(raw[..., 2 * count:] + unit) + 1e-3

    def bins(self, raw, value, by_height):
        x, y, slopes = self.knots(raw)
        edges = y if by_height else x
        k = ((edges < value[..., None]).sum(-1) - 1).clamp(0, edges.shape[-1] - 2)[..., None]
        take = lambda a, step=0: a.gather(-1, k + step)[..., 0]
        return take(x), take(x, 1), take(y), take(y, 1), take(slopes), take(slopes, 1)

    def scale(self, raw):
        return softplus(raw[..., 1] + np.log(np.e - 1))

    def map(self, raw, x):
        if self.affine:
            return x * self.scale(raw) + raw[..., 0], self.scale(raw).log()
        return self.spline(raw, x)

    def inverse_map(self, raw, y):
        return (y - raw[..., 0]) / self.scale(raw) if self.affine else self.inverse_spline(raw, y)

    def spline(self, raw, x):
        inside = x.abs() <= self.kwargs["transformer_interval"]
        inner = torch.where(inside, x, 0.0)
        x0, x1, y0, y1, left, right = self.bins(raw, inner, by_height=False)
        xi, s = (inner - x0) / (x1 - x0), (y1 - y0) / (x1 - x0)
        cross = xi * (1 - xi)
        d = s + (right + left - 2 * s) * cross
        y = y0 + (y1 - y0) * (s * xi ** 2 + left * cross) / d
        slope = s ** 2 * (right * xi ** 2 + 2 * s * cross + left * (1 - xi) ** 2) / d ** 2
        return torch.where(inside, y, x), torch.where(inside, slope.log(), 0.0)

    def inverse_spline(self, raw, y):
        inside = y.abs() <= self.kwargs["transformer_interval"]
        inner = torch.where(inside, y, 0.0)
        x0, x1, y0, y1, left, right = self.bins(raw, inner, by_height=True)
        s = (y1 - y0) / (x1 - x0)
        rise = (inner - y0) * (right + left - 2 * s)
        a, b, c = (y1 - y0) * (s - left) + rise, (y1 - y0) * left - rise, -s * (inner - y0)
        return torch.where(inside, x0 + (x1 - x0) * 2 * c / (-b - (b * b - 4 * a * c).sqrt()), y)

    def standardization(self):
        number = lambda name: torch.tensor(self.kwargs[name], dtype=torch.float64)
        if self.kwargs["standardization_method"] == "zscore":
            return number("data_mean"), number("data_std")
        least = number("data_bounds_min")
        return least, number("data_bounds_max") - least

    def forward(self, x, context):
        shift, scale = self.standardization()
        x, log_det = (x - shift) / scale, -scale.log().sum()
        for layer, order in enumerate(self.orders):
            y, log_slope = self.map(self.raw(layer, x, context), x[:, self.passing:])
            log_det = log_det + log_slope.sum(1)
            x = torch.cat((x[:, :self.passing], y), 1)[:, order]
        return x, log_det

    def log_prob(self, x, context):
        z, log_det = self.forward(x, context)
        return torch.distributions.Normal(self.loc, softplus(self.raw_scale)).log_prob(z).sum(1) + log_det

    def inverse(self, z, context):
        for layer, order in reversed(list(enumerate(self.orders))):
            y = z[:, order.argsort()]
            z = y.clone()
            for d in range(self.passing, self.dims) if self.autoregressive else [slice(self.passing, None)]:
                at = slice(d, d + 1) if self.autoregressive else d
                raw = self.raw(layer, z, context)
                z[:, at] = self.inverse_map(raw[:, at] if self.autoregressive else raw, y[:, at])
        shift, scale = self.standardization()
        return z * scale + shift


def record(folder, name, flow, random, count=9):
    target = folder / name
    target.mkdir(exist_ok=True)
    (target / "flow.json").write_text(json.dumps(flow.kwargs, indent=1) + "\n")
    with open(target / "weights.eqx", "wb") as file:
        for leaf in flow.leaves():
            np.save(file, np.asarray(leaf))
    shift, scale = flow.standardization()
    draw = lambda size: torch.tensor(random.standard_normal((count, size)).astype(np.float32).astype(np.float64))
    x = (shift + scale * draw(flow.dims)).float().double().requires_grad_()
    context, noise = draw(flow.conditions).requires_grad_(), draw(flow.dims)
    log_prob = flow.log_prob(x, context)
    dx, dcontext = torch.autograd.grad(log_prob.sum(), (x, context), allow_unused=True)
    of_noise = flow.inverse(noise, context)
    assert (flow.forward(of_noise, context)[0] - noise).abs().max() < 1e-9
    values = {
        "x": x, "noise": noise, "log_prob": log_prob, "z": flow.forward(x, context)[0], "x_of_noise": of_noise, "dlog_prob_dx": dx}
    if flow.conditions:
        values |= {"context": context, "dlog_prob_dcontext": dcontext}
    write_tensors(target / "io.safetensors", values)


def main(folder):
    random = np.random.default_rng(22)
    common = {"invert": True, "seed": 0, "nn_block_dim": 8, "standardize": True, "transformer_type": "rational_quadratic_spline"}
    record(folder, "flowjax-maf", Flow(
        4, 0, random, flow_type="masked_autoregressive_flow", nn_depth=2, nn_width=13, flow_layers=2, cond_dim=None,
        transformer_knots=5, transformer_interval=4.0, standardization_method="zscore", data_mean=[1.5, -0.25, 300.0, 0.0],
        data_std=[0.125, 2.0, 250.0, 1.0], **common), random)
    record(folder, "flowjax-maf-two", Flow(
        2, 0, random, flow_type="masked_autoregressive_flow", nn_depth=1, nn_width=7, flow_layers=1, cond_dim=None,
        transformer_knots=10, transformer_interval=5.0, standardization_method="zscore", data_mean=[1.5, 12.0], data_std=[0.25, 1.5],
        **common), random)
    record(folder, "flowjax-coupling-context", Flow(
        3, 2, random, flow_type="coupling_flow", nn_depth=1, nn_width=9, flow_layers=3, cond_dim=2, transformer_knots=4,
        transformer_interval=3.0, standardization_method="minmax", data_bounds_min=[0.0, -1.0, 2.0], data_bounds_max=[1.0, 3.0, 2.5],
        **common), random)
    record(folder, "flowjax-maf-context", Flow(
        3, 2, random, flow_type="masked_autoregressive_flow", nn_depth=2, nn_width=10, flow_layers=2, cond_dim=2, transformer_knots=4,
        transformer_interval=3.0, standardization_method="zscore", data_mean=[0.0, 0.0, 0.0], data_std=[1.0, 1.0, 1.0],
        **common), random)
    common["transformer_type"] = "affine"
    record(folder, "flowjax-maf-affine", Flow(
        3, 2, random, flow_type="masked_autoregressive_flow", nn_depth=1, nn_width=8, flow_layers=2, cond_dim=2,
        standardization_method="zscore", data_mean=[1.5, -0.25, 300.0], data_std=[0.125, 2.0, 250.0], **common), random)
    record(folder, "flowjax-coupling-affine", Flow(
        4, 0, random, flow_type="coupling_flow", nn_depth=2, nn_width=8, flow_layers=2, cond_dim=None,
        standardization_method="minmax", data_bounds_min=[0.0, -1.0, 2.0, 0.0], data_bounds_max=[1.0, 3.0, 2.5, 1.0], **common), random)


main(pathlib.Path(sys.argv[1]))
