#!/usr/bin/env python3
"""Trains default models on tables with two builds of the command, and tabulates held-out nats and time.

    tables.py run  --build old=PATH/flow --build new=PATH/flow --out results.jsonl TABLE...
    tables.py show results.jsonl

A TABLE is an .npz with X, or a folder with train.npy and val.npy. Each build trains on the same rows: at most --rows of a
table, the first of one shuffle. Time is that of the processor, of one thread, so that a machine in use gives the same figure;
"training" is the share of it that went into updates. Needs NumPy.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1


def load(path, rows):
    """Training and validation rows; tables are split once, so that every build has the same."""
    random = np.random.default_rng(0)
    path = pathlib.Path(path)
    if path.is_dir():
        parts = [np.load(path / f"{part}.npy", mmap_mode="r") for part in ("train", "val")]
        limits = (rows, max(1, rows // 8))
        return [part[np.sort(random.permutation(len(part))[:limit])] for part, limit in zip(parts, limits)]
    with np.load(path) as archive:
        table = archive["X"]
    table = table[random.permutation(len(table))[:rows]]
    train, validation = int(TRAIN_SHARE * len(table)), int((TRAIN_SHARE + VALIDATION_SHARE) * len(table))
    return [table[:train], table[train:validation]]


def train(flow, data, run, options):
    """What one run made: held-out nats with their standard error, and processor seconds."""
    command = [flow, "train", "--data", data, "--out", run, "--threads", "1", "--json", *options]
    before, start = os.times(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after, wall = os.times(), time.monotonic() - start
    if done.returncode != 0:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    last = lines[-1]
    best = next((line for line in lines if line["kind"] == "eval" and line["nats"] == last["nats"]), None)
    return {
        "nats": last["nats"],
        "error": best and best["nats_stderr"],
        "cpu": after.children_user + after.children_system - before.children_user - before.children_system,
        "wall": wall,
        "training": last["seconds"] / wall,
        "samples": last["samples"],
    }


def run(arguments):
    builds = dict(build.split("=", 1) for build in arguments.build)
    for table in arguments.tables:
        parts = load(table, arguments.rows)
        name = pathlib.Path(table).stem
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder, "table")
            data.mkdir()
            for part, rows in zip(("train", "val"), parts):
                np.save(data / f"{part}.npy", np.ascontiguousarray(rows, dtype=np.float64))
            for build, flow in builds.items():
                result = train(flow, str(data), f"{folder}/{build}", arguments.option)
                line = {"table": name, "rows": len(parts[0]), "columns": parts[0].shape[1], "build": build, **result}
                print(json.dumps(line), flush=True)
                with open(arguments.out, "a", encoding="utf-8") as out:
                    out.write(json.dumps(line) + "\n")


def show(path):
    results = {}
    for line in open(path, encoding="utf-8"):
        one = json.loads(line)
        results.setdefault(one["table"], {})[one["build"]] = one
    print("| table | rows | columns | nats before | after | difference | standard error | CPU s before | after | in training |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    differences, ratios = [], []
    for table, builds in results.items():
        old, new = builds.get("old"), builds.get("new")
        if not old or not new or "failed" in old or "failed" in new:
            print(f"| {table} | {'; '.join(name + ': ' + str(one.get('failed', 'done')) for name, one in builds.items())} |")
            continue
        difference, error = new["nats"] - old["nats"], math.hypot(old["error"], new["error"])
        differences.append(difference)
        ratios.append(new["cpu"] / old["cpu"])
        print(f"| {table} | {new['rows']} | {new['columns']} | {old['nats']:.2f} | {new['nats']:.2f} | {difference:+.2f} | "
              f"{error:.2f} | {old['cpu']:.1f} | {new['cpu']:.1f} | {new['training']:.0%} |")
    if ratios:
        print(f"\n{len(ratios)} tables: mean difference {np.mean(differences):+.3f} nats, median {np.median(differences):+.3f}; "
              f"geometric mean of the time {math.exp(np.mean(np.log(ratios))):.2f} of before")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("run")
    training.add_argument("--build", action="append", required=True, help="NAME=PATH, the names being old and new")
    training.add_argument("--out", required=True)
    training.add_argument("--rows", type=int, default=3000)
    training.add_argument("--option", action="append", default=[], help="of flow train, one word each")
    training.add_argument("tables", nargs="+")
    commands.add_parser("show").add_argument("results")
    arguments = parser.parse_args()
    return run(arguments) if arguments.command == "run" else show(arguments.results)


if __name__ == "__main__":
    sys.exit(main())
