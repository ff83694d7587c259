#!/usr/bin/env python3
"""Runs `flow bench` and torch_glow.py in turn on one machine and prints the table of ratios.

    python3 compare.py --flow ./flow --batch 16 --rounds 3
    python3 compare.py --flow ./flow --steps 8 --levels 2 --hidden 128 --size 28 --channels 1 --batch 64
    python3 compare.py --only-onnx --steps 4 --hidden 64

Both sides run the same model in float32 on the same threads. A ratio is the median over rounds of FlowEngine's rate by
the peer's in the same round, since a machine's speed drifts; rates are medians of the rounds. Needs torch.
ONNX Runtime runs the log-probabilities of an exported model in the program of onnx/, in turn with FlowEngine in one
process, once their results agree. Build it with `dotnet build -c Release perf/peers/onnx`.
"""
import argparse, json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ONNX_PEER = os.path.join(HERE, "onnx", "bin", "Release", "net10.0", "onnx-peer")
ONNX_BATCHES = (1, 16)
ROWS = [
    ("training", "train_images_per_s", "images/s"),
    ("log-prob", "log_prob_images_per_s", "images/s"),
    ("sample", "sample_images_per_s", "images/s"),
]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare_torch(args, sizes):
    """Prints the rows of PyTorch and returns every measurement."""
    shape = [word for name, _ in sizes for word in ("--" + name, str(getattr(args, name)))] + ["--threads", str(args.threads)]
    peer = [args.python, os.path.join(HERE, "torch_glow.py"), "bench", "--device", "cpu", *shape]
    rounds = []
    for index in range(args.rounds):
        ours = run([*args.flow.split(), "bench", *shape, "--memory", args.memory, "--preset", "rosinality", "--json"])
        theirs = run([*peer, "--warmup", "1", "--repeats", "3"])
        single = run([*peer, "--batch", "1", "--what", "log_prob", "--warmup", "2", "--repeats", "5"])
        theirs["log_prob_latency_b1_s"] = single["log_prob_s"]
        rounds.append({"ours": ours, "peer": theirs})
        print(f"round {index + 1}: training {ours['train_images_per_s']:.2f} against {theirs['train_images_per_s']:.2f}", file=sys.stderr)

    def median(side, key):
        return statistics.median(r[side][key] for r in rounds)

    def ratio(key):
        return statistics.median(r["ours"][key] / r["peer"][key] for r in rounds)

    print(f"K={args.steps} L={args.levels} hidden={args.hidden} {args.size}x{args.size}x{args.channels} batch {args.batch}, "
          f"{args.threads} threads, {args.memory}, {args.rounds} rounds; {rounds[0]['peer']['torch']}")
    print(f"{'':22s}{'FlowEngine':>12s}{'PyTorch':>12s}{'ratio':>8s}")
    for title, key, unit in ROWS:
        print(f"{title + ' ' + unit:22s}{median('ours', key):12.2f}{median('peer', key):12.2f}{ratio(key):8.2f}")
    key = "log_prob_latency_b1_s"
    print(f"{'one image, ms':22s}{median('ours', key) * 1e3:12.2f}{median('peer', key) * 1e3:12.2f}{1 / ratio(key):8.2f}")
    key = "peak_rss_bytes"
    print(f"{'peak memory, MB':22s}{median('ours', key) / 1e6:12.0f}{median('peer', key) / 1e6:12.0f}{1 / ratio(key):8.2f}")
    print(f"FMA peak {median('ours', 'fma_peak_gflops'):.0f} GFLOP/s; training at {median('ours', 'train_gflops'):.0f} GFLOP/s, "
          f"{statistics.median(r['ours']['train_gflops'] / r['ours']['fma_peak_gflops'] for r in rounds):.0%} of it; "
          f"{median('ours', 'managed_bytes_per_step'):.0f} managed bytes a step")
    return rounds


def compare_onnx(sizes, threads, rounds):
    """Prints the rows of ONNX Runtime and returns every measurement."""
    if not os.path.exists(ONNX_PEER):
        print(f"ONNX Runtime: skipped, {ONNX_PEER} is not there: dotnet build -c Release {os.path.join(HERE, 'onnx')}")
        return []

    measured = []
    print(f"{'log-prob by ONNX Runtime':26s}{'FlowEngine, ms':>16s}{'ONNX Runtime, ms':>18s}{'ratio':>8s}")
    for count in sorted({1, threads}):
        for batch in ONNX_BATCHES:
            command = [ONNX_PEER, *(str(size) for size in sizes), str(batch), str(count), "1"]
            results = [run(command) for _ in range(rounds)]
            ours = statistics.median(r["engine_s"] for r in results)
            theirs = statistics.median(r["onnxruntime_s"] for r in results)
            ratio = statistics.median(r["onnxruntime_s"] / r["engine_s"] for r in results)
            print(f"{f'batch {batch}, {count} threads':26s}{ours * 1e3:16.3f}{theirs * 1e3:18.3f}{ratio:8.2f}")
            measured.append({"batch": batch, "threads": count, "rounds": results})
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", default="flow", help="the flow command, with arguments if need be")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--memory", default="store", choices=["store", "invert"])
    parser.add_argument("--only-onnx", action="store_true", help="ONNX Runtime and no PyTorch")
    parser.add_argument("--json", help="where to write every measurement")
    sizes = (("steps", 32), ("levels", 3), ("hidden", 512), ("size", 32), ("channels", 3), ("batch", 16))
    for name, value in sizes:
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()

    rounds = [] if args.only_onnx else compare_torch(args, sizes)
    onnx = compare_onnx([getattr(args, name) for name, _ in sizes[:-1]], args.threads, args.rounds)
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"arguments": vars(args), "rounds": rounds, "onnx": onnx}, f, indent=1)


if __name__ == "__main__":
    main()
