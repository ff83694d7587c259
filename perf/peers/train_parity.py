#!/usr/bin/env python3
"""Trains the same Glow twice on real images, once in PyTorch and once in FlowEngine, and compares bits per dimension.

Both runs start from the same weights (initialised on data and written by the peer, imported here), use Adam at 1e-3,
batch 64, a linear warm-up (Glow's own unless said otherwise: ten epochs of 50,000 images), no clip, no moving average, no
flip, float32. Both see the same images in the same order with the same dequantization noise: the peer draws them from
FlowEngine's Philox streams. Without a clip, losses spike on both sides once the rate is high enough, and chance decides
the last weights: ../README.md has figures.

    python3 train_parity.py peer --set mnist   --data DATA/mnist   --out runs/mnist-1   --seed 1
    python3 train_parity.py ours --set mnist   --data DATA/mnist   --out runs/mnist-1   --seed 1 --flow ./flow
    python3 train_parity.py report --runs runs/* --out ../parity.svg

`peer` needs torch and numpy (Debian: apt-get install python3-torch python3-numpy). `peer` must run before `ours`.
"""
import argparse, gzip, json, math, os, struct, subprocess, time

SETS = {
    "mnist": {"levels": 2, "steps": 8, "hidden": 128, "channels": 1, "images": 120_000},
    "cifar10": {"levels": 3, "steps": 8, "hidden": 128, "channels": 3, "images": 60_000},
}
SIZE, BATCH, RATE, BINS, REPORT_EVERY = 32, 64, 1e-3, 256, 3_200
SHUFFLE, TRAINING_NOISE = 2, 3  # FlowEngine.Tensors.RandomPurpose


def load(name, folder, part):
    """uint8 images (N, C, 32, 32); MNIST is padded by two zero pixels on each side."""
    import numpy as np
    if name == "mnist":
        file = os.path.join(folder, ("train" if part == "train" else "t10k") + "-images-idx3-ubyte.gz")
        raw = gzip.open(file).read()
        count, height, width = struct.unpack(">III", raw[4:16])
        images = np.frombuffer(raw, np.uint8, offset=16).reshape(count, 1, height, width)
        return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    files = ["test_batch.bin"] if part == "test" else sorted(f for f in os.listdir(folder) if f.startswith("data_batch_"))
    records = [np.fromfile(os.path.join(folder, f), np.uint8).reshape(-1, 3073) for f in files]
    return np.concatenate(records)[:, 1:].reshape(-1, 3, 32, 32)


def uniform(seed, purpose, epoch, indices, elements):
    """FlowEngine's PhiloxUniform: Philox4x32-10 at counter (element / 4, index, epoch, purpose), high 24 bits; (indices, elements)."""
    import numpy as np
    u64, low = np.uint64, np.uint64(0xFFFFFFFF)
    blocks = (elements + 3) // 4
    c0 = np.tile(np.arange(blocks, dtype=u64), (len(indices), 1))
    c1 = np.repeat(np.asarray(indices, dtype=u64)[:, None], blocks, 1)
    c2, c3 = np.full_like(c0, epoch), np.full_like(c0, purpose)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c0 * u64(0xD2511F53), c2 * u64(0xCD9E8D57)
        c0, c1, c2, c3 = (p1 >> u64(32)) ^ c1 ^ u64(k0), p1 & low, (p0 >> u64(32)) ^ c3 ^ u64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    words = np.stack([c0, c1, c2, c3], -1).reshape(len(indices), -1)[:, :elements]
    return (words >> u64(8)).astype(np.float64) * 2.0 ** -24


def shuffled(seed, epoch, count):
    """FlowEngine's order of the training images in an epoch: Fisher and Yates from the end."""
    order = list(range(count))
    draws = uniform(seed, SHUFFLE, epoch, [0], count)[0]
    for i in range(count - 1, 0, -1):
        j = int(draws[i] * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def peer(args):
    import numpy as np
    import torch
    from torch_glow import Glow, bits_per_dim, save_safetensors
    torch.set_num_threads(args.threads)
    shape = SETS[args.set]
    os.makedirs(args.out, exist_ok=True)
    torch.manual_seed(args.seed)
    train, test = load(args.set, args.data, "train"), load(args.set, args.data, "test")
    dims = train[0].size

    def prepared(batch, noise):
        return (torch.from_numpy(np.ascontiguousarray(batch)).float() + noise) / BINS - 0.5

    def training_batch(picked, epoch):
        channels, height, width = train.shape[1:]
        noise = uniform(args.seed, TRAINING_NOISE, epoch, picked, dims).clip(2.0 ** -14, 1 - 2.0 ** -14)
        noise = noise.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        return prepared(train[picked], torch.from_numpy(np.ascontiguousarray(noise)).float())

    model = Glow(shape["channels"], shape["steps"], shape["levels"], shape["hidden"], True)
    first = shuffled(args.seed, 0, len(train))[:256]
    model.initialize(training_batch(first, 0))
    for module in model.modules():
        if hasattr(module, "use_log_scale"):
            module.scale.data.abs_()
    save_safetensors(os.path.join(args.out, "initial.safetensors"), model.state_dict())
    for module in model.modules():
        if hasattr(module, "use_log_scale"):
            module.use_log_scale()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    seen, curve, recent = 0, [], []
    per_epoch = len(train) // BATCH
    start = time.time()
    while seen < shape["images"]:
        epoch, place = divmod(seen // BATCH, per_epoch)
        if place == 0:
            order = shuffled(args.seed, epoch, len(train))
        picked = order[place * BATCH:(place + 1) * BATCH]
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (seen + BATCH) / args.warmup)
        log_p, log_det, _ = model(training_batch(picked, epoch))
        loss = bits_per_dim(log_p, log_det, dims).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += BATCH
        recent.append(loss.item())
        if not math.isfinite(recent[-1]):
            raise SystemExit(f"the peer's loss is {recent[-1]} after {seen} images")
        if seen % REPORT_EVERY == 0:
            curve.append({"images": seen, "bits_per_dim": sum(recent) / len(recent)})
            print(json.dumps(curve[-1] | {"seconds": round(time.time() - start, 1)}), flush=True)
            recent = []
    seconds = time.time() - start
    with torch.no_grad():
        bits = []
        for i in range(0, len(test), 250):
            part = test[i:i + 250]
            log_p, log_det, _ = model(prepared(part, torch.rand(*part.shape)))
            bits.append(bits_per_dim(log_p, log_det, dims))
    bits = torch.cat(bits)
    write(args, "peer", {"seconds": seconds, "curve": curve, "bits_per_dim": bits.mean().item(),
                         "bits_per_dim_stderr": (bits.std() / math.sqrt(len(bits))).item(), "test_images": len(bits)})


def ours(args):
    shape = SETS[args.set]
    flow = args.flow.split()
    run = os.path.join(args.out, "run")
    start = os.path.join(args.out, "start.safetensors")
    pad = ["--pad", "32"] if args.set == "mnist" else []
    data = ["--data", args.data, *pad]
    subprocess.run([*flow, "import", os.path.join(args.out, "initial.safetensors"), start], check=True)
    subprocess.run([*flow, "train", *data, "--out", run, "--init", start,
                    "--batch", str(BATCH), "--samples", str(shape["images"]),
                    "--lr", str(RATE), "--schedule", "constant", "--warmup-samples", str(args.warmup), "--clip", "0", "--ema", "0",
                    "--seed", str(args.seed), "--threads", str(args.threads), "--json"], check=True)
    checkpoint = os.path.join(run, "checkpoint.safetensors")
    text = subprocess.run([*flow, "eval", checkpoint, "--data", args.data, "--threads", str(args.threads), "--json"],
                          check=True, capture_output=True, text=True).stdout
    result = json.loads(text.strip().splitlines()[-1])
    points = [json.loads(line) for line in open(os.path.join(run, "metrics.jsonl"))]
    points = [p for p in points if "bits_per_dim" in p and "samples" in p and p.get("kind", "train") == "train"]
    # A line of metrics is a mean since the line before; the curve's windows are those of the peer.
    sums, seen = {}, 0
    for p in points:
        while seen < p["samples"]:
            window = seen // REPORT_EVERY
            until = min(p["samples"], (window + 1) * REPORT_EVERY)
            sums[window] = sums.get(window, 0.0) + p["bits_per_dim"] * (until - seen)
            seen = until
    curve = [{"images": (w + 1) * REPORT_EVERY, "bits_per_dim": total / REPORT_EVERY}
             for w, total in sums.items() if (w + 1) * REPORT_EVERY <= seen]
    write(args, "ours", {"seconds": points[-1]["seconds"], "curve": curve, "bits_per_dim": result["bits_per_dim"],
                         "bits_per_dim_stderr": result["bits_per_dim_stderr"], "test_images": result["samples"]})


def write(args, side, result):
    result = {"set": args.set, "side": side, "seed": args.seed, "warmup": args.warmup, "threads": args.threads} | result
    with open(os.path.join(args.out, side + ".json"), "w") as f:
        json.dump(result, f, indent=1)
    print(json.dumps({k: v for k, v in result.items() if k != "curve"}), flush=True)


def report(args):
    results = [json.load(open(os.path.join(folder, side + ".json"))) for folder in args.runs for side in ("peer", "ours")
               if os.path.exists(os.path.join(folder, side + ".json"))]
    panels = []
    shown = [name for name in SETS if any(r["set"] == name for r in results)]
    for column, name in enumerate(shown):
        runs = [r for r in results if r["set"] == name]
        low = min(p["bits_per_dim"] for r in runs for p in r["curve"])
        high = sorted(r["curve"][0]["bits_per_dim"] for r in runs)[-1]
        last = max(p["images"] for r in runs for p in r["curve"])
        left, top, width, height = 70 + column * 480, 50, 380, 300
        place = lambda p: (left + width * p["images"] / last, top + height * (1 - (p["bits_per_dim"] - low) / (high - low)))
        text = [f'<text x="{left}" y="30" font-size="15">{name}: training bits/dim by images seen</text>',
                f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#999"/>']
        for i in range(5):
            value = low + (high - low) * i / 4
            y = top + height * (1 - i / 4)
            text.append(f'<text x="{left - 8}" y="{y + 4:.0f}" font-size="11" text-anchor="end">{value:.2f}</text>')
            text.append(f'<text x="{left + width * i / 4:.0f}" y="{top + height + 16}" font-size="11" text-anchor="middle">{last * i // 4}</text>')
        for row, r in enumerate(sorted(runs, key=lambda r: (r["side"], r["seed"]))):
            color = "#c0392b" if r["side"] == "peer" else "#2060c0"
            dash = "" if r["seed"] % 2 else ' stroke-dasharray="5 3"'
            points = " ".join("%.1f,%.1f" % place(p) for p in r["curve"] if p["bits_per_dim"] <= high)
            # Ours lies below and is wide: where the two agree, both are to be seen.
            stroke = '1.3' if r["side"] == "peer" else '4" stroke-opacity="0.45'
            text.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{stroke}"{dash}/>')
            label = "PyTorch" if r["side"] == "peer" else "FlowEngine"
            text.append(f'<text x="{left + 10}" y="{top + height - 10 - 17 * row}" font-size="12" fill="{color}">'
                        f'{label}, seed {r["seed"]}: test {r["bits_per_dim"]:.4f} ± {r["bits_per_dim_stderr"]:.4f}</text>')
        panels += text
    with open(args.out, "w") as f:
        wide = 480 * len(shown)
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} 390" font-family="sans-serif">'
                f'<rect width="{wide}" height="390" fill="white"/>' + "\n".join(panels) + "</svg>\n")
    for r in sorted(results, key=lambda r: (r["set"], r["seed"], r["side"])):
        print(f'{r["set"]:8s} seed {r["seed"]} {r["side"]:5s} {r["bits_per_dim"]:.4f} +- {r["bits_per_dim_stderr"]:.4f} bits/dim, '
              f'{r["test_images"]} images, {r["seconds"]:.0f} s on {r["threads"]} thread(s)')


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for side in ("peer", "ours"):
        p = commands.add_parser(side)
        p.add_argument("--set", choices=SETS, required=True)
        p.add_argument("--data", required=True)
        p.add_argument("--out", required=True)
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--warmup", type=int, default=500_000, help="images over which the rate rises to 1e-3")
        p.add_argument("--threads", type=int, default=os.cpu_count())
        if side == "ours":
            p.add_argument("--flow", default="flow", help="the flow command, with arguments if need be")
    p = commands.add_parser("report")
    p.add_argument("--runs", nargs="+", required=True)
    p.add_argument("--out", required=True)
    a = parser.parse_args()
    {"peer": peer, "ours": ours, "report": report}[a.command](a)
