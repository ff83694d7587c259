#!/usr/bin/env python3
"""MAF, IAF, NICE, dense Glow and RealNVP in plain PyTorch, in double: what FlowEngine's models are compared with. With
conditions too: those models, and a Glow of images.

    python3 torch_vectors.py [NAME ...]     writes the folders of these names, all by default, beside this script

Written from the papers, by automatic differentiation: masks are explicit matrices, IAF's density is D passes through the
network, the linear map is a product of its factors. Each folder gets model.safetensors, a checkpoint of random weights, and
io.safetensors: x, log_prob (nats), dx and grad.NAME of the mean bits per dimension -log_prob / (D ln 2), and the losses of
ten steps of Adam (rate 1e-3). Batch normalization uses the batch's statistics. RealNVP works on (B, C, H, W); x holds its
images as (B, H, W, C), flattened. A condition is a row of its own, in io.safetensors as well: networks read it before their
input, the prior's mean and log scale are linear in it.
"""
import json, math, os, struct, sys
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

    def conditions(self, place):
        """How many numbers of a condition go into a place, prior or networks."""
        condition = self.config.get("condition")
        reads = condition and condition["into"] in (place, "both")
        return condition.get("classes", condition.get("columns")) if reads else 0

    def log_prob(self, x, condition=None):
        total, self.condition = torch.zeros(len(x)), condition
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        if x is None:
            return total
        if "prior.condition.weight" in self.parameters:
            weight = self.parameters["prior.condition.weight"]
            mean, log_scale = (condition @ weight.reshape(len(weight), -1)).chunk(2, 1)
            x, total = (x - mean) * torch.exp(-log_scale), total - log_scale.sum(1)
        if self.config.get("prior") == "logistic":
            return total + (F.logsigmoid(x) + F.logsigmoid(-x)).sum(1)
        return total - 0.5 * (x * x + math.log(2 * math.pi)).sum(1)


def network(flow, name, inputs, outputs, masks=None):
    """A multilayer perceptron; returns it as a function."""
    hidden, count = flow.config["hidden"], flow.config["hidden_layers"]
    conditions = flow.conditions("networks")
    sizes = [conditions + inputs] + [hidden] * count + [outputs]
    for l in range(count + 1):
        weight = torch.randn(sizes[l + 1], sizes[l]) * (0.8 / math.sqrt(sizes[l]))
        flow.parameter(f"{name}.layers.{l}.weight", weight)
        flow.parameter(f"{name}.layers.{l}.bias", torch.randn(sizes[l + 1]) * 0.1)

    def run(x):
        x = torch.cat([flow.condition, x], 1) if conditions else x
        for l in range(count + 1):
            weight = flow.parameters[f"{name}.layers.{l}.weight"]
            x = F.linear(x, weight if masks is None else weight * masks[l], flow.parameters[f"{name}.layers.{l}.bias"])
            x = F.relu(x) if l < count else x
        return x

    return run


def made_masks(dims, hidden, count, conditions):
    degrees = [torch.cat([torch.zeros(conditions), torch.arange(1, dims + 1)])]
    lowest = 0 if conditions else 1
    degrees += [lowest + torch.arange(hidden) * (dims - lowest) // hidden] * count
    masks = [(b[:, None] >= a[None, :]).double() for a, b in zip(degrees, degrees[1:])]
    out = torch.arange(1, dims + 1).repeat_interleave(2)
    return masks + [(out[:, None] > degrees[-1][None, :]).double()]


def bounded(raw, bound=3):
    """FlowEngine's log scale; the papers' is raw itself."""
    return raw / (1 + raw.abs() / bound)


def autoregressive(flow, name, of_data):
    dims = flow.config["channels"]
    masks = made_masks(dims, flow.config["hidden"], flow.config["hidden_layers"], flow.conditions("networks"))
    made = network(flow, name, dims, 2 * dims, masks)

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


def build_glow(flow):
    """Glow of images (B, H, W, C) in the preset glow; its levels end in priors, so the last layer returns no x."""
    config, p = flow.config, flow.parameters
    classes = flow.conditions("networks")

    def convolution(x, name):
        weight = p[f"{name}.weight"]
        return F.conv2d(x.permute(0, 3, 1, 2), weight, padding=weight.shape[2] // 2).permute(0, 2, 3, 1)

    def norm(x, name):
        return torch.exp(p[f"{name}.log_scale"]) * (x + p[f"{name}.bias"])

    def add_norm(name, channels):
        flow.parameter(f"{name}.bias", torch.randn(channels) * 0.1)
        flow.parameter(f"{name}.log_scale", torch.randn(channels) * 0.1)

    def add_convolution(name, inputs, outputs, size):
        weight = torch.randn(outputs, inputs, size, size) * (0.3 / math.sqrt(inputs * size * size))
        flow.parameter(f"{name}.weight", weight)

    def step(name, channels):
        half = channels // 2
        add_norm(f"{name}.actnorm", channels)
        linear_layer = Flow(dict(channels=channels), lambda inner: linear(inner, f"{name}.invconv"))
        p.update(linear_layer.parameters)
        flow.constants.update(linear_layer.constants)
        linear_layer.parameters = p
        add_convolution(f"{name}.coupling.conv1", classes + half, config["hidden"], 3)
        add_norm(f"{name}.coupling.conv1.actnorm", config["hidden"])
        add_convolution(f"{name}.coupling.conv2", config["hidden"], config["hidden"], 1)
        add_norm(f"{name}.coupling.conv2.actnorm", config["hidden"])
        add_convolution(f"{name}.coupling.conv3", config["hidden"], channels, 3)
        add_norm(f"{name}.coupling.conv3", channels)

        def run(x):
            pixels = x.shape[1] * x.shape[2]
            x = norm(x, f"{name}.actnorm")
            y, log_det = linear_layer.layers[0](x.reshape(-1, channels))
            x = y.reshape(x.shape)
            total = pixels * (p[f"{name}.actnorm.log_scale"].sum() + log_det[0])
            first, second = x[..., :half], x[..., half:]
            h = first
            if classes:
                h = torch.cat([flow.condition[:, None, None, :].expand(*x.shape[:3], classes), first], 3)
            for conv in ("conv1", "conv2"):
                h = F.relu(norm(convolution(h, f"{name}.coupling.{conv}"), f"{name}.coupling.{conv}.actnorm"))
            out = convolution(h, f"{name}.coupling.conv3") + p[f"{name}.coupling.conv3.bias"]
            out = out * torch.exp(3 * p[f"{name}.coupling.conv3.log_scale"])
            raw, shift = out[..., :half], out[..., half:]
            x = torch.cat([first, torch.sigmoid(raw + 2) * (second + shift)], 3)
            return x, total + F.logsigmoid(raw + 2).sum((1, 2, 3))

        flow.layers.append(run)

    def squeeze(x):
        b, h, w, c = x.shape
        x = x.reshape(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 5, 2, 4)
        return x.reshape(b, h // 2, w // 2, 4 * c), torch.zeros(b)

    def prior(name, level, channels, is_split):
        height, width = config["height"] >> (level + 1), config["width"] >> (level + 1)
        conditions = flow.conditions("prior")
        if is_split:
            add_convolution(name, channels, 2 * channels, 3)
            add_norm(name, 2 * channels)
        else:
            flow.parameter(f"{name}.mean_log_scale", torch.randn(2, channels) * 0.2)
        weight = f"{name}.condition.weight" if conditions else None
        if weight:
            flow.parameter(weight, torch.randn(conditions, height, width, 2 * channels) * 0.2)

        def run(x):
            kept, z = (x[..., :channels], x[..., channels:]) if is_split else (None, x)
            if is_split:
                both = (convolution(kept, name) + p[f"{name}.bias"]) * torch.exp(3 * p[f"{name}.log_scale"])
            else:
                both = p[f"{name}.mean_log_scale"].reshape(-1)
            if weight:
                both = both + torch.einsum("bn,nhwc->bhwc", flow.condition, p[weight])
            mean, log_scale = both[..., :channels], both[..., channels:]
            noise = (z - mean) * torch.exp(-log_scale)
            return kept, (-0.5 * (noise * noise + math.log(2 * math.pi)) - log_scale).sum((1, 2, 3))

        flow.layers.append(run)

    channels = config["channels"]
    for level in range(config["levels"]):
        flow.layers.append(squeeze)
        channels *= 4
        for k in range(config["steps"]):
            step(f"levels.{level}.steps.{k}", channels)
        is_split = level < config["levels"] - 1
        channels = channels // 2 if is_split else channels
        prior(f"levels.{level}.split.prior" if is_split else f"levels.{level}.prior", level, channels, is_split)

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
        if flow.conditions("prior"):
            shift = l if last else l + 1
            size = [flow.conditions("prior"), config["height"] >> shift, config["width"] >> shift, 2 * channels]
            flow.parameter(f"levels.{l}.prior.condition.weight", torch.randn(size) * 0.2)

    def standard(level, z):
        """(z - m) e^(-q) of a level's prior, and its log-determinant."""
        if not flow.conditions("prior"):
            return z.flatten(1), 0.0
        prior = torch.einsum("bn,nhwc->bchw", flow.condition, flow.parameters[f"levels.{level}.prior.condition.weight"])
        mean, log_scale = prior.chunk(2, 1)
        return ((z - mean) * torch.exp(-log_scale)).flatten(1), -log_scale.sum((1, 2, 3))

    def run(x):
        x = x.reshape(len(x), config["height"], config["width"], config["channels"]).permute(0, 3, 1, 2)
        p = 0.05 + 0.9 * (x + 0.5)
        log_det = (math.log(0.9) - torch.log(p) - torch.log(1 - p)).sum((1, 2, 3))
        x, latents = torch.log(p) - torch.log(1 - p), []
        for level, layers in enumerate(levels):
            for layer in layers:
                x, added = layer(x)
                log_det = log_det + added
            x, leaves = x.chunk(2, 1) if layers is not levels[-1] else (None, x)
            latent, added = standard(level, leaves)
            latents.append(latent)
            log_det = log_det + added
        return torch.cat(latents, 1), log_det

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
    if flow.conditions("prior") and config["model"] not in ("glow", "realnvp"):
        flow.parameter("prior.condition.weight", torch.randn(flow.conditions("prior"), 1, 1, 2 * dims) * 0.2)
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
    x = x.reshape(batch, height, width, -1) if config["model"] == "glow" else x
    x = x.float().double().requires_grad_(True)
    condition = None
    if "classes" in config.get("condition", {}):
        classes = config["condition"]["classes"]
        condition = F.one_hot(torch.arange(batch) % classes, classes).double()
    elif "condition" in config:
        condition = torch.randn(batch, config["condition"]["columns"]).float().double()

    def loss():
        return -flow.log_prob(x, condition).mean() / (dims * math.log(2))

    out = {"x": x, "log_prob": flow.log_prob(x, condition)}
    if condition is not None:
        out["condition"] = condition
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
    small = {"blocks": 2, "hidden": 9, "hidden_layers": 2}
    glow = {"model": "glow", "preset": "glow", "height": 8, "width": 4, "channels": 2, "levels": 2, "steps": 2,
            "hidden": 6, "coupling": "affine", "bins": 256}
    realnvp = {"model": "realnvp", "height": 4, "width": 8, "channels": 2, "levels": 3, "hidden": 5, "blocks": 2,
               "bins": 256}
    maf = {"model": "maf", "mixing": "reverse", "batch_norm": False}
    iaf = {"model": "iaf", "mixing": "random", "batch_norm": False}
    classes, columns = {"classes": 3}, {"columns": 2}
    cases = [
        ("maf", dict(sizes, **dict(maf, batch_norm=True), channels=7), build_autoregressive(True), 6, 1),
        ("iaf", dict(sizes, **iaf, channels=6), build_autoregressive(False), 5, 2),
        ("maf-lu", dict(maf, blocks=3, channels=4, hidden=5, hidden_layers=3, mixing="lu"),
         build_autoregressive(True), 3, 3),
        ("nice", dict(sizes, model="nice", channels=7, prior="logistic"), build_nice, 5, 4),
        ("dense-glow", dict(sizes, model="dense-glow", channels=5), build_dense_glow, 4, 5),
        ("realnvp", realnvp, build_real_nvp, 4, 6),
        ("class-glow", dict(glow, condition=dict(classes, into="both")), build_glow, 4, 6),
        ("class-glow-prior", dict(glow, condition=dict(classes, into="prior")), build_glow, 4, 7),
        ("column-maf", dict(small, **maf, channels=4, condition=dict(columns, into="both")),
         build_autoregressive(True), 5, 8),
        ("class-iaf", dict(small, **iaf, channels=4, condition=dict(classes, into="networks")),
         build_autoregressive(False), 5, 9),
        ("class-nice",
         dict(small, model="nice", channels=5, prior="logistic", condition=dict(classes, into="networks")), build_nice, 5, 10),
        ("class-realnvp", dict(realnvp, condition=dict(classes, into="prior")), build_real_nvp, 4, 12),
        ("class-dense-glow", dict(small, model="dense-glow", channels=5, condition=dict(classes, into="both")),
         build_dense_glow, 5, 11),
    ]
    for name, config, build, batch, seed in cases:
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            golden(os.path.join(here, name), config, build, batch, seed)
