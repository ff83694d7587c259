#!/usr/bin/env python3
"""MAF, IAF, NICE, dense Glow and RealNVP in plain PyTorch, in double: what FlowEngine's models are compared with.

    python3 torch_vectors.py            writes maf, maf-lu, iaf, nice, dense-glow and realnvp beside this script

Written from the papers, by automatic differentiation: masks are explicit matrices, IAF's density is D passes through the
network, the linear map is a product of its factors. Each folder gets model.safetensors, a checkpoint of random weights, and
io.safetensors: x, log_prob (nats), dx and grad.NAME of the mean bits per dimension -log_prob / (D ln 2), and the losses of
ten steps of Adam (rate 1e-3). Batch normalization uses the batch's statistics. RealNVP works on (B, C, H, W); x holds its
images as (B, H, W, C), flattened.
"""
import json, math, os, struct
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


class Flow:
    """Layers as functions of x that return y and log|det|; parameters and constants by their names in checkpoints."""

    def __init__(self, config, build):
        self.config, self.parameters, self.constants, self.layers = config, {}, {}, []
        build(self)

    def parameter(self, name, value):
        self.parameters[name] = value.clone().requires_grad_(True)
        return name

    def log_prob(self, x):
        total = torch.zeros(len(x))
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        if self.config.get("prior") == "logistic":
            return total + (F.logsigmoid(x) + F.logsigmoid(-x)).sum(1)
        return total - 0.5 * (x * x + math.log(2 * math.pi)).sum(1)


def network(flow, name, inputs, outputs, masks=None):
    """A multilayer perceptron; returns it as a function."""
    hidden, count = flow.config["hidden"], flow.config["hidden_layers"]
    sizes = [inputs] + [hidden] * count + [outputs]
    for l in range(count + 1):
        weight = torch.randn(sizes[l + 1], sizes[l]) * (0.8 / math.sqrt(sizes[l]))
        flow.parameter(f"{name}.layers.{l}.weight", weight)
        flow.parameter(f"{name}.layers.{l}.bias", torch.randn(sizes[l + 1]) * 0.1)

    def run(x):
        for l in range(count + 1):
            weight = flow.parameters[f"{name}.layers.{l}.weight"]
            x = F.linear(x, weight if masks is None else weight * masks[l], flow.parameters[f"{name}.layers.{l}.bias"])
            x = F.relu(x) if l < count else x
        return x

    return run


def made_masks(dims, hidden, count):
    degrees = [torch.arange(1, dims + 1)]
    degrees += [1 + torch.arange(hidden) * (dims - 1) // hidden] * count
    masks = [(b[:, None] >= a[None, :]).double() for a, b in zip(degrees, degrees[1:])]
    out = torch.arange(1, dims + 1).repeat_interleave(2)
    return masks + [(out[:, None] > degrees[-1][None, :]).double()]


def bounded(raw, bound=3):
    """FlowEngine's log scale; the papers' is raw itself."""
    return raw / (1 + raw.abs() / bound)


def autoregressive(flow, name, of_data):
    dims = flow.config["channels"]
    made = network(flow, name, dims, 2 * dims, made_masks(dims, flow.config["hidden"], flow.config["hidden_layers"]))

    def density(x):
        mean, raw = made(x).reshape(len(x), dims, 2).unbind(2)
        log_scale = bounded(raw)
        return (x - mean) * torch.exp(-log_scale), -log_scale.sum(1)

    def sequential(x):
        y, log_det = torch.zeros(len(x), 0), torch.zeros(len(x))
        for d in range(dims):
            padded = torch.cat([y, torch.zeros(len(x), dims - d)], 1)
            mean, raw = made(padded).reshape(len(x), dims, 2)[:, d].unbind(1)
            log_scale = bounded(raw)
            y = torch.cat([y, ((x[:, d] - mean) * torch.exp(-log_scale))[:, None]], 1)
            log_det = log_det - log_scale
        return y, log_det

    flow.layers.append(density if of_data else sequential)


def batch_norm(flow, name):
    dims = flow.config["channels"]
    bias = flow.parameter(f"{name}.bias", torch.randn(dims) * 0.1)
    log_scale = flow.parameter(f"{name}.log_scale", torch.randn(dims) * 0.1)
    flow.constants[f"{name}.mean"] = torch.zeros(dims)
    flow.constants[f"{name}.deviation"] = torch.ones(dims)

    def run(x):
        variance = ((x - x.mean(0)) ** 2).mean(0) + 1e-5
        scale = flow.parameters[log_scale]
        y = torch.exp(scale) * (x - x.mean(0)) / torch.sqrt(variance) + flow.parameters[bias]
        return y, (scale - 0.5 * torch.log(variance)).sum().expand(len(x))

    flow.layers.append(run)


def permutation(flow, name, order):
    flow.constants[name] = torch.as_tensor(order, dtype=torch.int32)
    flow.layers.append(lambda x: (x[:, torch.as_tensor(order)], torch.zeros(len(x))))


def linear(flow, name):
    dims = flow.config["channels"]
    flow.parameter(f"{name}.lower", torch.tril(torch.randn(dims, dims) * 0.3, -1))
    flow.parameter(f"{name}.upper", torch.triu(torch.randn(dims, dims) * 0.3, 1))
    flow.parameter(f"{name}.log_diagonal", torch.randn(dims) * 0.2)
    order, sign = torch.randperm(dims), torch.sign(torch.randn(dims))
    flow.constants[f"{name}.sign"], flow.constants[f"{name}.permutation"] = sign, order.to(torch.int32)

    def run(x):
        p = flow.parameters
        lower = torch.tril(p[f"{name}.lower"], -1) + torch.eye(dims)
        upper = torch.triu(p[f"{name}.upper"], 1) + torch.diag(sign * torch.exp(p[f"{name}.log_diagonal"]))
        return x @ (lower @ upper)[order].T, p[f"{name}.log_diagonal"].sum().expand(len(x))

    flow.layers.append(run)


def act_norm(flow, name):
    bias = flow.parameter(f"{name}.bias", torch.randn(flow.config["channels"]) * 0.2)
    log_scale = flow.parameter(f"{name}.log_scale", torch.randn(flow.config["channels"]) * 0.2)
    flow.layers.append(lambda x: (
        torch.exp(flow.parameters[log_scale]) * (x + flow.parameters[bias]),
        flow.parameters[log_scale].sum().expand(len(x))))


def coupling(flow, name, affine):
    dims = flow.config["channels"]
    kept, moved = dims // 2, dims - dims // 2
    run_network = network(flow, name, kept, 2 * moved if affine else moved)

    def run(x):
        first, second = x[:, :kept], x[:, kept:]
        out = run_network(first)
        if not affine:
            return torch.cat([first, second + out], 1), torch.zeros(len(x))
        raw, shift = out[:, :moved], out[:, moved:]
        return torch.cat([first, torch.sigmoid(raw + 2) * (second + shift)], 1), F.logsigmoid(raw + 2).sum(1)

    flow.layers.append(run)


def build_autoregressive(of_data):
    def build(flow):
        dims = flow.config["channels"]
        for k in range(flow.config["blocks"]):
            autoregressive(flow, f"blocks.{k}.made", of_data)
            if flow.config["batch_norm"]:
                batch_norm(flow, f"blocks.{k}.batchnorm")
            if k < flow.config["blocks"] - 1:
                mixing = flow.config["mixing"]
                if mixing == "lu":
                    linear(flow, f"blocks.{k}.lu")
                else:
                    order = torch.randperm(dims) if mixing == "random" else torch.arange(dims - 1, -1, -1)
                    permutation(flow, f"blocks.{k}.permutation", order.tolist())
    return build


def build_nice(flow):
    dims = flow.config["channels"]
    for k in range(flow.config["blocks"]):
        parted = list(range(1, dims, 2)) + list(range(0, dims, 2))
        halves = [(c + dims // 2) % dims for c in range(dims)]
        permutation(flow, f"blocks.{k}.permutation", parted if k == 0 else halves)
        coupling(flow, f"blocks.{k}.coupling", affine=False)
    scale = flow.parameter("scale.log_scale", torch.randn(dims) * 0.2)
    flow.layers.append(lambda x: (
        x * torch.exp(flow.parameters[scale]), flow.parameters[scale].sum().expand(len(x))))


def build_dense_glow(flow):
    for k in range(flow.config["blocks"]):
        act_norm(flow, f"blocks.{k}.actnorm")
        linear(flow, f"blocks.{k}.lu")
        coupling(flow, f"blocks.{k}.coupling", affine=True)


def residual_network(flow, name, inputs, outputs):
    """Residual blocks of weight-normalized 3x3 convolutions; returns it as a function of (B, C, H, W)."""
    hidden, count = flow.config["hidden"], 2 * flow.config["blocks"] + 2
    sizes = [inputs] + [hidden] * (count - 1) + [outputs]
    for l in range(count):
        size = 1 if l == count - 1 else 3
        flow.parameter(
            f"{name}.layers.{l}.weight",
            torch.randn(sizes[l + 1], sizes[l], size, size) * (0.8 / math.sqrt(sizes[l] * size * size)))
        flow.parameter(f"{name}.layers.{l}.bias", torch.randn(sizes[l + 1]) * 0.1)
        if l < count - 1:
            flow.parameter(f"{name}.layers.{l}.log_scale", torch.randn(sizes[l + 1]) * 0.2)

    def convolution(l, x):
        weight, bias = flow.parameters[f"{name}.layers.{l}.weight"], flow.parameters[f"{name}.layers.{l}.bias"]
        if l == count - 1:
            return F.conv2d(x, weight, bias)
        norm = torch.sqrt((weight ** 2).sum((1, 2, 3), keepdim=True) + 1e-12)
        scale = torch.exp(flow.parameters[f"{name}.layers.{l}.log_scale"])[:, None, None, None]
        return F.conv2d(x, scale * weight / norm, bias, padding=1)

    def run(x):
        h = convolution(0, x)
        for l in range(1, count - 1, 2):
            h = h + convolution(l + 1, F.relu(convolution(l, F.relu(h))))
        return convolution(count - 1, F.relu(h))

    return run


def masked_coupling(flow, name, channels, moved):
    """Moves the last or the first half of the channels, or the pixels of color 0 or 1 of a checkerboard."""
    half = isinstance(moved, str)
    count = channels // 2 if half else channels
    factor = flow.parameter(f"{name}.factor", 1 + torch.randn(count) * 0.2)
    run_network = residual_network(flow, name, count if half else channels + 1, 2 * count)

    def run(x):
        if half:
            first, second = x[:, :count], x[:, count:]
            passing, value = (first, second) if moved == "last" else (second, first)
            mask = torch.ones(1)
        else:
            rows, columns = torch.arange(x.shape[2])[:, None], torch.arange(x.shape[3])[None, :]
            mask = ((rows + columns) % 2 == moved).double()
            ones = torch.ones(len(x), 1, *x.shape[2:])
            passing, value = torch.cat([x, ones], 1) * (1 - mask), x
        raw, shift = run_network(passing).chunk(2, 1)
        scale = flow.parameters[factor][None, :, None, None] * torch.tanh(raw) * mask
        value = value * torch.exp(scale) + shift * mask
        if half:
            value = torch.cat([passing, value] if moved == "last" else [value, passing], 1)
        return value, scale.sum((1, 2, 3))

    return run


def image_batch_norm(flow, name, channels):
    bias = flow.parameter(f"{name}.bias", torch.randn(channels) * 0.1)
    log_scale = flow.parameter(f"{name}.log_scale", torch.randn(channels) * 0.1)
    flow.constants[f"{name}.mean"] = torch.zeros(channels)
    flow.constants[f"{name}.deviation"] = torch.ones(channels)

    def run(x):
        variance, mean = torch.var_mean(x, (0, 2, 3), unbiased=False, keepdim=True)
        scale = flow.parameters[log_scale]
        y = torch.exp(scale)[:, None, None] * (x - mean) / torch.sqrt(variance + 1e-5)
        pixels = x.shape[2] * x.shape[3]
        log_det = pixels * (scale.sum() - 0.5 * torch.log(variance + 1e-5).sum())
        return y + flow.parameters[bias][:, None, None], log_det.expand(len(x))

    return run


def build_real_nvp(flow):
    """Section 3.6 of the paper: every level's layers, and what leaves after them."""
    config, levels = flow.config, []
    channels = config["channels"]
    for l in range(config["levels"]):
        last = l == config["levels"] - 1
        moves = [1, 0, 1, 0] if last else [1, 0, 1, "last", "first", "last"]
        layers = []
        for k, moved in enumerate(moves):
            if moved == "last" and moves[k - 1] == 1:
                channels *= 4
                # Pixels (0, 0) and (1, 1) of each block before the other two, channel after channel.
                order = [4 * c + i for pair in ((0, 3), (1, 2)) for c in range(channels // 4) for i in pair]
                flow.constants[f"levels.{l}.permutation"] = torch.as_tensor(order, dtype=torch.int32)
                layers.append(lambda x, order=order: (F.pixel_unshuffle(x, 2)[:, order], 0.0))
            layers.append(masked_coupling(flow, f"levels.{l}.couplings.{k}", channels, moved))
            layers.append(image_batch_norm(flow, f"levels.{l}.batchnorms.{k}", channels))
        levels.append(layers)
        channels = channels if last else channels // 2

    def run(x):
        x = x.reshape(len(x), config["height"], config["width"], config["channels"]).permute(0, 3, 1, 2)
        p = 0.05 + 0.9 * (x + 0.5)
        log_det = (math.log(0.9) - torch.log(p) - torch.log(1 - p)).sum((1, 2, 3))
        x, latents = torch.log(p) - torch.log(1 - p), []
        for layers in levels:
            for layer in layers:
                x, added = layer(x)
                log_det = log_det + added
            if layers is not levels[-1]:
                x, leaves = x.chunk(2, 1)
                latents.append(leaves.flatten(1))
        return torch.cat(latents + [x.flatten(1)], 1), log_det

    flow.layers.append(run)


def save(path, tensors, metadata=None):
    kinds = {torch.float64: "F64", torch.int32: "I32"}
    header, blobs, offset = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def golden(folder, config, build, batch, seed):
    torch.manual_seed(seed)
    flow = Flow(config, build)
    height, width = config.get("height", 1), config.get("width", 1)
    dims = height * width * config["channels"]
    with torch.no_grad():                       # what a float32 engine reads back
        for p in flow.parameters.values():
            p.copy_(p.float().double())
    config = dict(
        config, height=height, width=width, initialized=True, data={"name": "golden", "height": height, "width": width})
    os.makedirs(folder, exist_ok=True)
    save(
        os.path.join(folder, "model.safetensors"),
        {**flow.parameters, **flow.constants},
        {"format_version": "1", "config": json.dumps(config)})
    x = torch.randn(batch, dims) if dims == config["channels"] else torch.rand(batch, dims) - 0.5
    x = x.float().double().requires_grad_(True)

    def loss():
        return -flow.log_prob(x).mean() / (dims * math.log(2))

    out = {"x": x, "log_prob": flow.log_prob(x)}
    gradients = torch.autograd.grad(loss(), [x, *flow.parameters.values()])
    out["dx"] = gradients[0]
    out.update({f"grad.{name}": g for name, g in zip(flow.parameters, gradients[1:])})
    optimizer = torch.optim.Adam(flow.parameters.values(), lr=1e-3)
    losses = []
    for _ in range(10):
        value = loss()
        optimizer.zero_grad()
        value.backward(inputs=list(flow.parameters.values()))
        optimizer.step()
        losses.append(value.item())
    out["adam_losses"] = torch.tensor(losses)
    save(os.path.join(folder, "io.safetensors"), out)
    print(os.path.basename(folder), losses[0], losses[-1])


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sizes = {"blocks": 3, "hidden": 11, "hidden_layers": 2}
    golden(
        os.path.join(here, "maf"),
        dict(sizes, model="maf", channels=7, mixing="reverse", batch_norm=True),
        build_autoregressive(True), batch=6, seed=1)
    golden(
        os.path.join(here, "iaf"),
        dict(sizes, model="iaf", channels=6, mixing="random", batch_norm=False),
        build_autoregressive(False), batch=5, seed=2)
    golden(
        os.path.join(here, "maf-lu"),
        dict(sizes, model="maf", channels=4, hidden=5, hidden_layers=3, mixing="lu", batch_norm=False),
        build_autoregressive(True), batch=3, seed=3)
    golden(
        os.path.join(here, "nice"), dict(sizes, model="nice", channels=7, prior="logistic"), build_nice, batch=5, seed=4)
    golden(
        os.path.join(here, "dense-glow"), dict(sizes, model="dense-glow", channels=5), build_dense_glow, batch=4, seed=5)
    golden(
        os.path.join(here, "realnvp"),
        dict(model="realnvp", height=4, width=8, channels=2, levels=3, hidden=5, blocks=2, bins=256),
        build_real_nvp, batch=4, seed=6)
