#!/usr/bin/env python3
"""How well the scores of flow score find anomalies in six tables, beside a Gaussian and nearest neighbors.

    python3 perf/peers/anomaly.py ADBENCH --flow bindings/cli/bin/Release/net10.0/flow [--seeds 3] [--sets cardio thyroid]

ADBENCH holds .npz files of ADBench with X (n, d) and y (1 for an anomaly). Needs NumPy.

Protocol, the same for everyone. A seed shuffles the normal rows: one half of them is the training part, and every tenth of that
half is for validation (early stopping; the baselines, which have nothing to stop, train on it, too). The test part is the other half and
every anomaly. Columns are standardized by the training part. Each flow is one `flow train`, with its defaults but for the
options below, and one `flow score`; AUROC and average precision (AP) are those that flow score prints. Higher scores are
more anomalous.

    gaussian    the Mahalanobis distance under the covariance of the training part with 1e-3 added to its diagonal
    knn         the mean distance to the 5 nearest rows of the training part

Prints two tables in Markdown, means over the seeds, and the seconds that each method took for training and scoring.
"""
import argparse
import glob
import json
import os
import subprocess
import tempfile
import time

import numpy as np

FLOWS = {
    "maf": ["--model", "maf"],
    "dense-glow": ["--model", "dense-glow"],
}
RIDGE, NEIGHBORS = 1e-3, 5


def split(rows, is_anomaly, seed):
    """Training, validation and test rows, and which test rows are anomalies."""
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(~is_anomaly))
    kept, tested = normal[:len(normal) // 2], normal[len(normal) // 2:]
    test = np.concatenate([tested, np.flatnonzero(is_anomaly)])
    validation = np.arange(len(kept)) % 10 == 0
    return rows[kept[~validation]], rows[kept[validation]], rows[test], is_anomaly[test]


def standardized(train, test):
    deviation = train.std(0)
    deviation[deviation == 0] = 1
    return (train - train.mean(0)) / deviation, (test - train.mean(0)) / deviation


def gaussian(train, test):
    precision = np.linalg.inv(np.cov(train.T) + RIDGE * np.eye(train.shape[1]))
    centered = test - train.mean(0)
    return np.sqrt((centered @ precision * centered).sum(1))


def knn(train, test):
    scores = []
    for rows in np.array_split(test, len(test) // 256 + 1):
        squares = (rows ** 2).sum(1)[:, None] - 2 * rows @ train.T + (train ** 2).sum(1)
        nearest = np.partition(squares, NEIGHBORS, axis=1)[:, :NEIGHBORS]
        scores.append(np.sqrt(np.maximum(nearest, 0)).mean(1))
    return np.concatenate(scores)


def ranking(scores, is_anomaly):
    """AUROC, where a tie counts half, and average precision, where rows of one score pass a threshold together."""
    values, place = np.unique(-scores, return_inverse=True)
    anomalies = np.bincount(place[is_anomaly], minlength=len(values))
    others = np.bincount(place[~is_anomaly], minlength=len(values))
    found, passed = np.cumsum(anomalies), np.cumsum(anomalies + others)
    above = np.cumsum(others) - others
    auroc = (anomalies * (others.sum() - above - others / 2)).sum() / (anomalies.sum() * others.sum())
    return {"auroc": auroc, "average_precision": (found / passed * anomalies).sum() / anomalies.sum()}


def run_flow(flow, options, data, run, seed, threads):
    common = ["--data", data, "--threads", str(threads)]
    subprocess.run([flow, "train", *common, "--out", run, "--seed", str(seed), *options], check=True, capture_output=True)
    scored = subprocess.run(
        [flow, "score", run, *common, "--part", "test", "--json"], check=True, capture_output=True, text=True)
    return json.loads(scored.stdout)["ranking"]


def judge(rows, is_anomaly, seed, arguments):
    """The ranking of each score and the seconds of each method."""
    train, validation, test, test_is_anomaly = split(rows, is_anomaly, seed)
    results, seconds = {}, {}
    for name, method in {"gaussian": gaussian, "knn": knn}.items():
        start = time.perf_counter()
        scores = method(*standardized(np.concatenate([train, validation]), test))
        seconds[name] = time.perf_counter() - start
        results[name] = ranking(scores, test_is_anomaly)
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "table.npz")
        np.savez(data, x_train=train, x_val=validation, x_test=test, y_train=np.zeros(len(train), np.int64), y_val=np.zeros(
            len(validation), np.int64), y_test=test_is_anomaly.astype(np.int64))
        for name, options in FLOWS.items():
            start = time.perf_counter()
            scores = run_flow(arguments.flow, options, data, os.path.join(folder, name), seed, arguments.threads)
            seconds[name] = time.perf_counter() - start
            results.update({f"{name} {score}": value for score, value in scores.items()})
    return results, seconds


def print_table(title, sets, key, columns):
    print(f"\n| {title} | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for name, runs in sets.items():
        print(f"| {name} | " + " | ".join(key(runs, column) for column in columns) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--flow", default="flow")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sets", nargs="*", help="only files whose names contain one of these")
    arguments = parser.parse_args()
    sets = {}
    for path in sorted(glob.glob(os.path.join(arguments.folder, "*.npz"))):
        name = os.path.basename(path)[:-4].split("_", 1)[-1]
        if arguments.sets and name not in arguments.sets:
            continue
        with np.load(path) as archive:
            rows, is_anomaly = archive["X"].astype(np.float64), archive["y"] == 1
        sets[name] = [judge(rows, is_anomaly, seed, arguments) for seed in range(arguments.seeds)]
        print(f"{name}: {rows.shape[0]} rows, {rows.shape[1]} columns, {is_anomaly.sum()} anomalies", flush=True)

    scores = list(next(iter(sets.values()))[0][0])
    for measure in ("auroc", "average_precision"):
        print_table(measure, sets, lambda runs, score: f"{np.mean([run[0][score][measure] for run in runs]):.3f}", scores)
    methods = list(next(iter(sets.values()))[0][1])
    print_table("seconds", sets, lambda runs, name: f"{np.mean([run[1][name] for run in runs]):.1f}", methods)


if __name__ == "__main__":
    main()
