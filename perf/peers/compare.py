#!/usr/bin/env python3
"""Runs `flow bench` and torch_glow.py in turn on one machine and prints the table of ratios.

    python3 compare.py --flow ./flow --batch 16 --rounds 3
    python3 compare.py --flow ./flow --steps 8 --levels 2 --hidden 128 --size 28 --channels 1 --batch 64

Both sides run the same model in float32 on the same threads. A ratio is the median over rounds of FlowEngine's rate by
the peer's in the same round, since a machine's speed drifts; rates are medians of the rounds. Needs torch.
"""
import argparse, json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", default="flow", help="the flow command, with arguments if need be")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--memory", default="store", choices=["store", "invert"])
    parser.add_argument("--json", help="where to write every measurement")
    sizes = (("steps", 32), ("levels", 3), ("hidden", 512), ("size", 32), ("channels", 3), ("batch", 16))
    for name, value in sizes:
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()

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
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"arguments": vars(args), "rounds": rounds}, f, indent=1)


if __name__ == "__main__":
    main()
